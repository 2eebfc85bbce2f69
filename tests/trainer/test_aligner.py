"""The aligner: one round by hand, and words whose places are known."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.alignments import error_rate
from trainer.aligner import _CELLS, learn_aligner, learn_model

A, B, X, Y = 4, 5, 6, 7


def test_one_round_of_model_1_by_hand() -> None:
    direction = learn_model([([A, B], [X, Y]), ([A], [X])], 20, rounds=1)
    probabilities = {
        (int(pair) // direction.base, int(pair) % direction.base): float(probability)
        for pair, probability in zip(direction.pairs.numpy(), direction.probabilities.numpy(), strict=True)
    }
    # x comes from a or b by 0.46 each in the first pair, from a by 0.92 in the second, from nothing by 0.08.
    assert probabilities == pytest.approx(
        {(0, X): 2 / 3, (0, Y): 1 / 3, (A, X): 0.75, (A, Y): 0.25, (B, X): 0.5, (B, Y): 0.5}
    )
    # Three cells on the diagonal have 0.46, 0.46 and 0.92, one half a sentence before and one behind 0.46
    # each, and to each bin comes a hundredth of the mean of all 21.
    even = 0.01 * 2.76 / 21
    expected = np.full(21, even)
    expected[[5, 10, 15]] = 0.46 + even, (1.84 + even) / 3, 0.46 + even
    np.testing.assert_allclose(direction.distances, expected, rtol=1e-5)


def test_the_links_of_a_pair_by_hand() -> None:
    direction = learn_model([([A, B], [X, Y]), ([A], [X])], 20, rounds=1)
    level = type(direction)(
        direction.base, direction.pairs, direction.probabilities, tf.ones_like(direction.distances)
    )
    words, none = level.links(tf.constant([[A, B, 0]]), tf.constant([[X, 9, 0]]))
    # 0.46 * 0.75, 0.46 * 0.5 and 0.08 * 2 / 3, over their sum; of an unknown word all are alike.
    whole = 0.46 * 1.25 + 0.08 * 2 / 3
    np.testing.assert_allclose(words[0, 0], [0.345 / whole, 0.23 / whole, 0], rtol=1e-5)
    np.testing.assert_allclose(words[0, 1], [0.46, 0.46, 0], rtol=1e-4)
    np.testing.assert_allclose(none[0, :2], [0.08 * 2 / 3 / whole, 0.08], rtol=1e-4)


@pytest.mark.parametrize("order", ["straight", "reversed", "swapped in pairs"])
def test_words_are_found_in_any_order(order: str) -> None:
    chance = random.Random(3)
    pairs, known = [], []
    for _ in range(300):
        source = [chance.randrange(10, 40) for _ in range(chance.randint(2, 9))]
        places = list(range(len(source)))
        if order == "reversed":
            places.reverse()
        elif order == "swapped in pairs":
            places = [place ^ 1 if place ^ 1 < len(source) else place for place in places]
        pairs.append((source, [source[place] + 50 for place in places]))
        known.append(set(enumerate(places)))
    aligner = learn_aligner(pairs, 100)
    source, target = (tf.ragged.constant([pair[side] for pair in pairs], tf.int32) for side in (0, 1))
    links, sure = aligner.links(source.to_tensor(), target.to_tensor())
    error = error_rate(links.numpy(), [len(pair[1]) for pair in pairs], known)
    # A word that is there twice is known by its place alone; without places 0.09 of the links were wrong.
    assert error < (0.02 if order == "straight" else 0.1)
    np.testing.assert_allclose(tf.reduce_sum(links, axis=2)[sure > 0], 1.0, rtol=1e-4)
    np.testing.assert_array_equal(sure > 0, target.to_tensor() > 0)


def test_a_larger_id_than_those_it_learned_from_is_not_taken_for_another_pair() -> None:
    aligner = learn_aligner([([A, B], [X, Y]), ([A], [X])], 20)
    # With one more than the largest id as base, A with 14 would have been B with X: 4 x 8 + 14 = 5 x 8 + 6.
    words, none = aligner.to_target.links(tf.constant([[A]]), tf.constant([[14]]))
    np.testing.assert_allclose([words[0, 0, 0], none[0, 0]], [0.92, 0.08], rtol=1e-4)


def test_learning_in_chunks_is_learning_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    sides = [
        [[chance.randrange(4, 30) for _ in range(chance.randint(1, 7))] for _ in "ab"] for _ in range(40)
    ]
    pairs = [(source, target) for source, target in sides]
    whole = learn_model(pairs, 30, rounds=4)
    monkeypatch.setattr("trainer.aligner._CELLS", 50)
    pieces = learn_model(pairs, 30, rounds=4)
    np.testing.assert_array_equal(whole.pairs, pieces.pairs)
    np.testing.assert_allclose(whole.probabilities, pieces.probabilities, atol=1e-6)
    np.testing.assert_allclose(whole.distances, pieces.distances, rtol=1e-5)


def test_what_it_knows_is_beside_a_graph_and_not_in_it() -> None:
    aligner = learn_aligner([([place], [place]) for place in range(4, 5000)], 5000)
    graph = tf.function(aligner.links, input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2)
    assert graph.get_concrete_function().graph.as_graph_def().ByteSize() < 50_000


def test_a_pair_takes_less_memory_than_documented() -> None:
    chance = random.Random(5)
    many = 2000
    pairs = [([chance.randrange(4, 999) for _ in range(24)], list(range(9, 33))) for _ in range(many)]
    tracemalloc.start()
    learn_aligner(pairs, 1000, rounds=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Beside what a chunk takes, which is of a size that stays.
    assert peak < 11_000 * many + 100 * _CELLS


def test_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no sentence pair to align"):
        learn_aligner([], 20)
