"""Search against brute-force enumeration, against a plain beam search in numpy, and against values worked
out by hand.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import (
    END,
    PIECES,
    START,
    FewPieces,
    S,
    Table,
    V,
    attention,
    enumerate_all,
    score,
    table,
    walker,
    without_some,
)
from trainer.search.beam import beam_search
from trainer.search.greedy import greedy_search
from trainer.search.penalties import coverage_penalty, normalized
from trainer.search.topk import GROUP, top_k


@cache
def searcher(
    beams: int,
    kept: int,
    alpha: float,
    beta: float,
    shift: float = 0.0,
    few: bool = False,
    patience: float | None = None,
) -> Any:
    """A traced beam search over tables and limits; `few`: over candidates."""

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
            (FewPieces if few else Table)(scores, looks, shift),
            tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams]),
            start=START,
            end=END,
            limits=limits,
            source_lengths=lengths,
            beams=beams,
            kept=kept,
            length_alpha=alpha,
            coverage_beta=beta,
            patience=patience,
        )

    return run


@examples(25)
# Two sequences within rounding of each other.
@example(seed=256, limits=[4], lengths=1, penalties=(1.0, 0.2), few=False)
@given(
    seed=st.integers(0, 10_000),
    limits=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    lengths=st.integers(1, S),
    penalties=st.sampled_from([(0.0, 0.0), (0.6, 0.0), (1.0, 0.2), (2.5, 0.0)]),
    few=st.booleans(),
)
def test_wide_beams_find_the_best_of_all_sequences(
    seed: int, limits: list[int], lengths: int, penalties: tuple[float, float], few: bool
) -> None:
    alpha, beta = penalties
    scores, looks = table(seed, len(limits)), attention(seed, len(limits))
    scores = without_some(scores, seed) if few else scores
    # Four pieces beside the end: 80 pieces compete after two, and after three comes the limit.
    run = searcher(80, 3, alpha, beta, 1.5, few)
    hypotheses = run(scores, looks, np.array(limits, np.int32), np.full(len(limits), lengths, np.int32))
    for row, limit in enumerate(limits):
        scored = (
            (score(sequence, scores[row], looks[row], lengths, alpha, beta), sequence)
            for sequence in enumerate_all(limit)
        )
        possible = (hypothesis for hypothesis in scored if math.isfinite(hypothesis[0]))
        ranked = sorted(possible, reverse=True)[:3]
        pieces = []
        for place, (wanted, _) in enumerate(ranked):
            pieces.append(
                hypotheses.sequences[row, place, : int(hypotheses.lengths[row, place])].numpy().tolist()
            )
            assert hypotheses.scores[row, place].numpy() == pytest.approx(wanted, abs=1e-4)
            # Of sequences within rounding of each other either may come first.
            its_own = score(pieces[-1], scores[row], looks[row], lengths, alpha, beta)
            assert its_own == pytest.approx(wanted, abs=1e-4)
        assert len({tuple(sequence) for sequence in pieces}) == len(ranked)
        assert all(hypotheses.lengths[row, len(ranked) :].numpy() == 0)


def decided(ranked: list[tuple[float, list[int]]], places: int) -> bool:
    """Whether rounding has no say in what the first so many are; the same pairs of pieces in another order
    go on with the same scores.
    """

    def pairs(body: list[int]) -> list[tuple[int, int]]:
        return sorted(zip([START, *body], body, strict=False))

    return not any(
        abs(value - lower) < 1e-4 and pairs(body) != pairs(cut)
        for value, body in ranked[:places]
        for lower, cut in ranked[places:]
    )


def plain_beam(
    scores: np.ndarray,
    looks: np.ndarray,
    limit: int,
    length: int,
    beams: int,
    kept: int,
    alpha: float,
    beta: float,
    patience: float | None = None,
) -> list[tuple[float, list[int]]] | None:
    """The same search without the stop that proves: up to the limit, or until so many times `beams`
    hypotheses have ended; None where rounding decides what is kept.
    """
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    finished: list[tuple[float, list[int]]] = []
    for time in range(limit):
        grown = sorted(
            (
                (total + scores[body[-1] if body else START, piece], [*body, piece])
                for total, body in live
                for piece in [*PIECES, END]
                if math.isfinite(scores[body[-1] if body else START, piece])
            ),
            key=lambda hypothesis: -hypothesis[0],
        )
        final = time + 1 == limit
        finished += [
            (score(body, scores, looks, length, alpha, beta), body)
            for _, body in (grown if final else grown[:beams])
            if body[-1] == END
        ]
        if final or (patience is not None and len(finished) >= max(round(beams * patience), kept)):
            break
        live = [hypothesis for hypothesis in grown if hypothesis[1][-1] != END]
        if not (decided(grown, beams) and decided(live, beams)):
            return None
        live = live[:beams]
    return sorted(finished, key=lambda hypothesis: -hypothesis[0])[:kept]


# Beams, those kept, the penalties' strengths, few candidates or all, patience: each value of each, in few
# graphs, since tracing is what takes the time.
NARROW = [
    (1, 1, 0.0, 0.0, False, None),
    (2, 1, 0.6, 0.0, True, None),
    (3, 3, 1.3, 0.4, False, None),
    (3, 3, 0.0, 0.0, True, 0.5),
    (2, 1, 1.3, 0.4, False, 0.5),
    (3, 3, 0.6, 0.0, False, 1.0),
    (2, 1, 0.0, 0.0, False, 2.0),
    (3, 3, 1.3, 0.4, True, 2.0),
]


@examples(60)
@example(seed=5, limits=[3] * 4, setting=NARROW[3])
@example(seed=2690, limits=[1, 1, 1, 1, 5], setting=(3, 3, 0.0, 0.0, False, None))
@given(
    seed=st.integers(0, 10_000),
    limits=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    setting=st.sampled_from(NARROW),
)
def test_narrow_beams_equal_a_plain_beam_search_that_never_stops_early(
    seed: int, limits: list[int], setting: tuple[int, int, float, float, bool, float | None]
) -> None:
    beams, kept, alpha, beta, few, patience = setting
    scores, looks = table(seed, len(limits)), attention(seed, len(limits))
    scores = without_some(scores, seed) if few else scores
    hypotheses = searcher(beams, kept, alpha, beta, few=few, patience=patience)(
        scores, looks, np.array(limits, np.int32), np.full(len(limits), S, np.int32)
    )
    for row, limit in enumerate(limits):
        wanted = plain_beam(scores[row], looks[row], limit, S, beams, kept, alpha, beta, patience)
        if wanted is None:
            continue
        sequences = []
        for place, (value, sequence) in enumerate(wanted):
            size = int(hypotheses.lengths[row, place])
            assert hypotheses.scores[row, place].numpy() == pytest.approx(value, abs=1e-4)
            sequences.append(hypotheses.sequences[row, place, :size].numpy().tolist())
            if sequences[-1] != sequence:  # The same pairs of pieces in another order have the same score.
                same = score(sequences[-1], scores[row], looks[row], S, alpha, beta)
                assert same == pytest.approx(value, abs=1e-4)
            assert not hypotheses.sequences[row, place, size:].numpy().any()
        assert len({tuple(pieces) for pieces in sequences}) == len(wanted)


def test_patience_ends_a_sentence_before_what_would_have_been_better() -> None:
    scores = np.full((1, V, V), -50.0, np.float32)
    # At alpha 3: END alone -2; 0 END -1.5 / (7/6)^3 = -0.94; 0 1 4 END -1 / (9/6)^3 = -0.3, which comes last.
    for before, piece, value in ((START, 0, -0.7), (0, 1, -0.1), (1, 4, -0.1), (4, END, -0.1)):
        scores[0, before, piece] = value
    scores[0, [START, 0, 1], END] = -2.0, -0.8, -0.8
    asked = scores, np.zeros((1, V, S)), np.int32([6]), np.int32([S])
    exact, hasty = (searcher(2, 1, 3.0, 0.0, patience=patience)(*asked) for patience in (None, 1.0))
    assert [
        hypotheses.sequences[0, 0, : hypotheses.lengths[0, 0]].numpy().tolist()
        for hypotheses in (exact, hasty)
    ] == [
        [0, 1, 4, END],
        [0, END],
    ]


@pytest.mark.parametrize("few", [False, True])
def test_of_equals_the_earlier_end_and_the_lower_piece_come_first(few: bool) -> None:
    even = np.full((1, V, V), -math.log(V), np.float32)
    if few:  # 1, 3 and 4 are left.
        even[:, :, [0, 2]] = -np.inf
    hypotheses = searcher(3, 3, 0.0, 0.0, few=few)(even, np.zeros((1, V, S)), np.int32([3]), np.int32([S]))
    assert [
        sequence[:size].tolist()
        for sequence, size in zip(hypotheses.sequences[0].numpy(), hypotheses.lengths[0].numpy(), strict=True)
    ] == ([[END], [1, END], [4, END]] if few else [[END], [0, END], [1, END]])


@pytest.mark.parametrize("k", [9, tf.constant(9)])
def test_of_equal_values_the_earlier_are_taken_in_two_passes_as_in_one(k: int | tf.Tensor) -> None:
    # Nine of eight groups.
    values = np.random.default_rng(1).integers(0, 40, (8, 3, 8 * GROUP)).astype(np.float32)
    best, places = top_k(tf.constant(values), k)
    wanted = np.argsort(-values, axis=2, kind="stable")[:, :, :9]
    assert (places.numpy() == wanted).all()
    assert (best.numpy() == np.take_along_axis(values, wanted, 2)).all()


def test_no_sentence_gives_no_hypothesis() -> None:
    hypotheses = searcher(3, 3, 0.6, 0.0)(np.zeros((0, V, V)), np.zeros((0, V, S)), np.zeros(0), np.zeros(0))
    assert hypotheses.sequences.shape[:2] == (0, 3)


def test_length_penalty_by_hand() -> None:
    # ((5 + 1) / 6) ^ 0.6 = 1; ((5 + 7) / 6) ^ 1 = 2; alpha 0: none
    lengths, alphas, penalties = [1, 7, 19, 40], [0.6, 1.0, 0.5, 0.0], [1.0, 2.0, 2.0, 1.0]
    for length, alpha, penalty in zip(lengths, alphas, penalties, strict=True):
        score = normalized(tf.constant([-3.0]), tf.constant([length]), alpha)
        assert score.numpy() == pytest.approx([-3.0 / penalty])


def test_coverage_penalty_by_hand() -> None:
    coverage = tf.constant([[[0.5, 1.5, 0.25], [1.0, 1.0, 1.0]]])
    # log 0.5 + log 1 + log 0.25 = log 0.125; the third place does not count in the second case
    assert coverage_penalty(coverage, tf.constant([3]), 2.0).numpy()[0] == pytest.approx(
        [2 * math.log(0.125), 0.0]
    )
    assert coverage_penalty(coverage, tf.constant([2]), 1.0).numpy()[0] == pytest.approx([math.log(0.5), 0.0])
    assert np.isfinite(coverage_penalty(tf.zeros([1, 1, 2]), tf.constant([2]), 1.0).numpy()).all()


def test_greedy_takes_the_likeliest_piece_and_ends_at_the_limit() -> None:
    limits = [3, 9, 1, 6, 12]
    scores = table(11, len(limits))
    hypotheses = walker(greedy_search, scores=scores, limits=limits, length_alpha=0.6)
    for row, limit in enumerate(limits):
        sequence, last, total = [], START, 0.0
        while END not in sequence:
            last_piece, last = last, END if len(sequence) + 1 == limit else int(scores[row, last].argmax())
            sequence.append(last)
            total += scores[row, last_piece, last]
        assert hypotheses.sequences[row, 0].numpy()[: len(sequence)].tolist() == sequence
        assert hypotheses.lengths[row, 0] == len(sequence)
        assert hypotheses.scores[row, 0].numpy() == pytest.approx(
            total / ((5 + len(sequence)) / 6) ** 0.6, abs=1e-4
        )
