"""Search against brute-force enumeration, against a plain beam search in numpy, and against values worked
out by hand.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.search import (
    ForcedPrefix,
    MinimumLength,
    NoRepeatNgram,
    Sampling,
    Step,
    StepFunctionDecoder,
    beam_search,
    coverage_penalty,
    greedy_search,
    length_penalty,
    sample,
)

START, END = 2, 3
V, S = 5, 3
"""A vocabulary of five pieces: 0, 1, 2, 3 (the end) and 4."""
PIECES = (0, 1, 2, 4)


def table(seed: int, sentences: int, spread: float = 2.0) -> np.ndarray:
    """Log-probabilities [sentences, last piece, next piece] of a random bigram model."""
    logits = np.random.default_rng(seed).normal(size=(sentences, V, V)).astype(np.float32) * spread
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def attention(seed: int, sentences: int) -> np.ndarray:
    """Attention [sentences, last piece, source piece] of the same model."""
    weights = np.random.default_rng(seed + 1).random((sentences, V, S)).astype(np.float32)
    return weights / weights.sum(-1, keepdims=True)


class Table(StepFunctionDecoder):
    """A bigram model; its state is the sentence's number, and how often it was asked."""

    def __init__(self, scores: tf.Tensor, looks: tf.Tensor, shift: float = 0.0) -> None:
        def step(tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
            del time
            where = tf.stack([state, tokens], -1)
            normalizer = tf.fill(tf.shape(tokens), shift)
            return Step(tf.gather_nd(scores, where) + shift, normalizer, tf.gather_nd(looks, where)), state

        super().__init__(step)


@cache
def searcher(beams: int, kept: int, alpha: float, beta: float, shift: float = 0.0) -> Any:
    """A traced beam search over tables and limits."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, V, V]),
            tf.TensorSpec([None, V, S]),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.int32),
        ]
    )
    def run(scores: tf.Tensor, looks: tf.Tensor, limits: tf.Tensor, lengths: tf.Tensor) -> Any:
        return beam_search(
            Table(scores, looks, shift),
            tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams]),
            start=START,
            end=END,
            limits=limits,
            source_lengths=lengths,
            beams=beams,
            kept=kept,
            length_alpha=alpha,
            coverage_beta=beta,
        )

    return run


def score(
    sequence: list[int], scores: np.ndarray, looks: np.ndarray, length: int, alpha: float, beta: float
) -> float:
    """Wu et al. 2016, equation 14, of a whole sequence."""
    total, received, last = 0.0, np.zeros(S), START
    for piece in sequence:
        total += scores[last, piece]
        received += looks[last]
        last = piece
    coverage = sum(math.log(min(one, 1.0)) for one in received[:length])
    return total / ((5 + len(sequence)) / 6) ** alpha + beta * coverage


def enumerate_all(limit: int) -> list[list[int]]:
    """Every sequence of at most `limit` pieces that ends."""
    return [[*body, END] for size in range(limit) for body in itertools.product(PIECES, repeat=size)]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    limits=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    lengths=st.integers(1, S),
    penalties=st.sampled_from([(0.0, 0.0), (0.6, 0.0), (1.0, 0.2), (2.5, 0.0)]),
)
def test_wide_beams_find_the_best_of_all_sequences(
    seed: int, limits: list[int], lengths: int, penalties: tuple[float, float]
) -> None:
    alpha, beta = penalties
    scores, looks = table(seed, len(limits)), attention(seed, len(limits))
    # Four pieces beside the end: 80 pieces compete after two, and after three comes the limit.
    run = searcher(80, 3, alpha, beta, 1.5)
    found = run(scores, looks, np.array(limits, np.int32), np.full(len(limits), lengths, np.int32))
    for row, limit in enumerate(limits):
        ranked = sorted(
            (
                (score(one, scores[row], looks[row], lengths, alpha, beta), one)
                for one in enumerate_all(limit)
            ),
            reverse=True,
        )[:3]
        for place, (wanted, sequence) in enumerate(ranked):
            size = int(found.lengths[row, place])
            assert found.scores[row, place].numpy() == pytest.approx(wanted, abs=1e-4)
            assert found.sequences[row, place, :size].numpy().tolist() == sequence
        assert all(found.lengths[row, len(ranked) :].numpy() == 0)


def plain_beam(
    scores: np.ndarray,
    looks: np.ndarray,
    limit: int,
    length: int,
    beams: int,
    kept: int,
    alpha: float,
    beta: float,
) -> list[tuple[float, list[int]]]:
    """The same search without early stop: always up to the limit."""
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    finished: list[tuple[float, list[int]]] = []
    for time in range(limit):
        grown = sorted(
            (
                (total + scores[body[-1] if body else START, piece], [*body, piece])
                for total, body in live
                for piece in [*PIECES, END]
            ),
            key=lambda one: -one[0],
        )
        final = time + 1 == limit
        finished += [
            (score(body, scores, looks, length, alpha, beta), body)
            for _, body in (grown if final else grown[:beams])
            if body[-1] == END
        ]
        if final:
            break
        live = [one for one in grown if one[1][-1] != END][:beams]
    return sorted(finished, key=lambda one: -one[0])[:kept]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    limits=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    shape=st.sampled_from([(1, 1), (2, 1), (3, 3)]),
    penalties=st.sampled_from([(0.0, 0.0), (0.6, 0.0), (1.3, 0.4)]),
)
def test_narrow_beams_equal_a_plain_beam_search_that_never_stops_early(
    seed: int, limits: list[int], shape: tuple[int, int], penalties: tuple[float, float]
) -> None:
    (beams, kept), (alpha, beta) = shape, penalties
    scores, looks = table(seed, len(limits)), attention(seed, len(limits))
    found = searcher(beams, kept, alpha, beta)(
        scores, looks, np.array(limits, np.int32), np.full(len(limits), S, np.int32)
    )
    for row, limit in enumerate(limits):
        wanted = plain_beam(scores[row], looks[row], limit, S, beams, kept, alpha, beta)
        for place, (value, sequence) in enumerate(wanted):
            size = int(found.lengths[row, place])
            assert found.scores[row, place].numpy() == pytest.approx(value, abs=1e-4)
            assert found.sequences[row, place, :size].numpy().tolist() == sequence
            assert not found.sequences[row, place, size:].numpy().any()


def test_no_sentence_gives_no_hypothesis() -> None:
    found = searcher(3, 3, 0.6, 0.0)(np.zeros((0, V, V)), np.zeros((0, V, S)), np.zeros(0), np.zeros(0))
    assert found.sequences.shape[:2] == (0, 3)


def test_length_penalty_by_hand() -> None:
    # ((5 + 1) / 6) ^ 0.6 = 1; ((5 + 7) / 6) ^ 1 = 2; alpha 0: none
    assert length_penalty(tf.constant(1), 0.6).numpy() == pytest.approx(1.0)
    assert length_penalty(tf.constant(7), 1.0).numpy() == pytest.approx(2.0)
    assert length_penalty(tf.constant(19), 0.5).numpy() == pytest.approx(2.0)
    assert length_penalty(tf.constant(40), 0.0).numpy() == 1.0


def test_coverage_penalty_by_hand() -> None:
    coverage = tf.constant([[[0.5, 1.5, 0.25], [1.0, 1.0, 1.0]]])
    # log 0.5 + log 1 + log 0.25 = log 0.125; the third place does not count in the second case
    assert coverage_penalty(coverage, tf.constant([3]), 2.0).numpy()[0] == pytest.approx(
        [2 * math.log(0.125), 0.0]
    )
    assert coverage_penalty(coverage, tf.constant([2]), 1.0).numpy()[0] == pytest.approx([math.log(0.5), 0.0])
    assert np.isfinite(coverage_penalty(tf.zeros([1, 1, 2]), tf.constant([2]), 1.0).numpy()).all()


def forbidden(logits: tf.Tensor) -> list[list[int]]:
    """The pieces with minus infinity, for each hypothesis of the first sentence."""
    return [np.flatnonzero(np.isneginf(row)).tolist() for row in logits[0].numpy()]


def test_minimum_length_forbids_the_end_and_nothing_else() -> None:
    rule, rows = MinimumLength(2, END), tf.constant([0])
    logits, sequences = tf.zeros([1, 1, V]), tf.zeros([1, 1, 4], tf.int32)
    assert [forbidden(rule.apply(logits, sequences, tf.constant(time), rows)) for time in range(4)] == [
        [[END]],
        [[END]],
        [[]],
        [[]],
    ]


def test_forced_prefix_leaves_one_piece_and_goes_by_the_row() -> None:
    rule = ForcedPrefix(tf.constant([[1, 0], [4, 2]]), tf.constant([0, 2]))
    logits, sequences = tf.zeros([1, 2, V]), tf.zeros([1, 2, 4], tf.int32)
    for time, row, wanted in ((0, 0, []), (0, 1, [0, 1, 2, 3]), (1, 1, [0, 1, 3, 4]), (2, 1, []), (3, 1, [])):
        given_ = rule.apply(logits, sequences, tf.constant(time), tf.constant([row]))
        assert forbidden(given_) == [wanted, wanted]


@pytest.mark.parametrize(
    ("size", "history", "wanted"),
    [
        (1, [1, 4], [1, 4]),
        (2, [1, 4, 1], [4]),
        (2, [1, 4, 4], [4]),
        (2, [1], []),
        (2, [], []),
        (3, [1, 4, 0, 1, 4], [0]),
        (3, [1, 4, 0, 4, 4], []),
    ],
)
def test_no_repeat_ngram_by_hand(size: int, history: list[int], wanted: list[int]) -> None:
    sequences = tf.constant([[history + [0] * (7 - len(history))]], tf.int32)
    rule = NoRepeatNgram(size, END)
    given_ = rule.apply(tf.zeros([1, 1, V]), sequences, tf.constant(len(history)), tf.constant([0]))
    assert forbidden(given_) == [wanted]


def test_constraints_hold_in_a_batch_whose_sentences_end_at_different_times() -> None:
    sentences = 12
    scores, looks = table(5, sentences, 3.0), attention(5, sentences)
    prefixes = np.random.default_rng(1).choice(PIECES, (sentences, 3)).astype(np.int32)
    sizes = np.arange(sentences, dtype=np.int32) % 4
    found = beam_search(
        Table(tf.constant(scores), tf.constant(looks)),
        tf.tile(tf.range(sentences)[:, None], [1, 3]),
        start=START,
        end=END,
        limits=tf.constant([8 + row % 5 for row in range(sentences)]),
        source_lengths=tf.fill([sentences], S),
        beams=3,
        kept=3,
        length_alpha=0.6,
        constraints=[ForcedPrefix(prefixes, sizes), MinimumLength(4, END)],
    )
    for row in range(sentences):
        for sequence, size in zip(found.sequences[row].numpy(), found.lengths[row].numpy(), strict=True):
            assert sequence[: sizes[row]].tolist() == prefixes[row, : sizes[row]].tolist()
            assert size >= 5
            assert sequence[size - 1] == END


def walker(function: Any, *arguments: Any, scores: np.ndarray, limits: list[int], **options: Any) -> Any:
    """A greedy or a sampled search over tables."""
    return function(
        Table(tf.constant(scores), tf.zeros([len(limits), V, S])),
        tf.range(len(limits))[:, None],
        *arguments,
        start=START,
        end=END,
        limits=tf.constant(limits),
        source_lengths=tf.fill([len(limits)], S),
        **options,
    )


def test_greedy_takes_the_likeliest_piece_and_ends_at_the_limit() -> None:
    limits = [3, 9, 1, 6, 12]
    scores = table(11, len(limits))
    found = walker(greedy_search, scores=scores, limits=limits, length_alpha=0.6)
    for row, limit in enumerate(limits):
        sequence, last, total = [], START, 0.0
        while END not in sequence:
            last_piece, last = last, END if len(sequence) + 1 == limit else int(scores[row, last].argmax())
            sequence.append(last)
            total += scores[row, last_piece, last]
        assert found.sequences[row, 0].numpy()[: len(sequence)].tolist() == sequence
        assert found.lengths[row, 0] == len(sequence)
        assert found.scores[row, 0].numpy() == pytest.approx(
            total / ((5 + len(sequence)) / 6) ** 0.6, abs=1e-4
        )


def test_sampling_draws_with_the_models_probabilities() -> None:
    draws = 4000
    scores = np.repeat(table(3, 1, 1.0), draws, axis=0)
    found = walker(sample, Sampling(), tf.constant(1), scores=scores, limits=[2] * draws)
    shares = Counter(found.sequences[:, 0, 0].numpy().tolist())
    for piece in range(V):
        probability = math.exp(scores[0, START, piece])
        # five standard deviations of a binomial share
        margin = 5 * math.sqrt(probability * (1 - probability) / draws)
        assert shares[piece] / draws == pytest.approx(probability, abs=margin)


def test_a_draw_depends_on_the_seed_and_the_row_alone() -> None:
    scores = table(3, 6)
    first, again, other = (
        walker(sample, Sampling(temperature=1.2), tf.constant(seed), scores=scores, limits=[9] * 6)
        for seed in (1, 1, 2)
    )
    fewer = walker(sample, Sampling(temperature=1.2), tf.constant(1), scores=scores[:2], limits=[9] * 2)
    assert (first.sequences.numpy() == again.sequences.numpy()).all()
    assert (first.sequences.numpy() != other.sequences.numpy()).any()
    assert (first.sequences[:2].numpy() == fewer.sequences.numpy()).all()


def test_filters_by_hand() -> None:
    logits = tf.math.log([[0.5, 0.25, 0.15, 0.1]])

    def left(sampling: Sampling) -> list[int]:
        return np.flatnonzero(np.isfinite(sampling.filter(logits).numpy()[0])).tolist()

    assert left(Sampling(top_k=2)) == [0, 1]
    assert left(Sampling(top_k=9)) == [0, 1, 2, 3]
    assert left(Sampling(top_p=0.4)) == [0]
    assert left(Sampling(top_p=0.6)) == [0, 1]
    assert left(Sampling(top_p=0.8)) == [0, 1, 2]
    assert left(Sampling(top_p=1.0)) == [0, 1, 2, 3]
    assert Sampling(temperature=0.5).filter(logits).numpy()[0] == pytest.approx(2 * logits.numpy()[0])
    with pytest.raises(ValueError, match="temperature"):
        Sampling(temperature=0.0)
