"""The aligner: one round by hand, and words whose places are known."""

from __future__ import annotations

import random

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.alignments import error_rate
from trainer.aligner import _learn, learn_aligner

A, B, X, Y = 4, 5, 6, 7


def test_one_round_of_model_1_by_hand() -> None:
    direction = _learn([([A, B], [X, Y]), ([A], [X])], rounds=1)
    found = {
        (int(pair) // direction.base, int(pair) % direction.base): float(probability)
        for pair, probability in zip(direction.pairs, direction.probabilities, strict=True)
    }
    # x comes from a or b by 0.46 each in the first pair, from a by 0.92 in the second, from nothing by 0.08.
    assert found == pytest.approx(
        {(0, X): 2 / 3, (0, Y): 1 / 3, (A, X): 0.75, (A, Y): 0.25, (B, X): 0.5, (B, Y): 0.5}
    )


def test_the_links_of_a_pair_by_hand() -> None:
    direction = _learn([([A, B], [X, Y]), ([A], [X])], rounds=1)
    level = type(direction)(
        direction.base, direction.pairs, direction.probabilities, np.ones_like(direction.distances)
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
    aligner = learn_aligner(pairs)
    source, target = (tf.ragged.constant([pair[side] for pair in pairs], tf.int32) for side in (0, 1))
    links, sure = aligner.links(source.to_tensor(), target.to_tensor())
    assert error_rate(links.numpy(), [len(pair[1]) for pair in pairs], known) < 0.1
    np.testing.assert_allclose(tf.reduce_sum(links, axis=2)[sure > 0], 1.0, rtol=1e-4)
    np.testing.assert_array_equal(sure > 0, target.to_tensor() > 0)


def test_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no sentence pair to align"):
        learn_aligner([])
