"""Draws against probabilities worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import END, FewPieces, drawing, table, walker
from trainer.search.sampling import Sampling, sample

LONGEST = 12

# Of the five pieces, in their order; the fourth is the end.
PROBABILITIES = [0.4, 0.3, 0.15, 0.05, 0.1]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, PROBABILITIES),
        # The squares are 0.16, 0.09, 0.0225, 0.0025 and 0.01: together 0.285.
        ({"temperature": 0.5}, [0.5614, 0.3158, 0.0789, 0.0088, 0.0351]),
        ({"top_k": 2}, [4 / 7, 3 / 7, 0, 0, 0]),
        # 0.4 + 0.3 reaches 0.5; 0.4 alone does not.
        ({"top_p": 0.5}, [4 / 7, 3 / 7, 0, 0, 0]),
        # Of the three likeliest the first has 0.4 / 0.85 = 0.47, the first two 0.82.
        ({"top_k": 3, "top_p": 0.75}, [4 / 7, 3 / 7, 0, 0, 0]),
        # Cooled, the first two have 0.877; 0.16 / 0.25 and 0.09 / 0.25.
        ({"temperature": 0.5, "top_p": 0.8}, [0.64, 0.36, 0, 0, 0]),
    ],
)
def test_draws_have_the_probabilities_worked_out_by_hand(asked: dict[str, Any], wanted: list[float]) -> None:
    draws = 4000
    scores = np.tile(np.log(np.float32(PROBABILITIES)), (draws, 5, 1))

    @tf.function(autograph=False)
    def first_pieces() -> tf.Tensor:
        sampling = drawing(draws, **asked)
        hypotheses = walker(sample, sampling, scores=scores, limits=[2] * draws, longest=LONGEST)
        return hypotheses.sequences[:, 0, 0]

    counts = np.bincount(first_pieces().numpy(), minlength=5)
    expected = draws * np.float64(wanted)
    assert not counts[expected == 0].any()
    there = expected > 0
    # The statistic of Pearson's test; of up to four degrees of freedom, 23.5 has a probability of 1e-4.
    assert ((counts - expected)[there] ** 2 / expected[there]).sum() < 23.5


def test_of_few_candidates_a_piece_is_drawn_and_scored() -> None:
    draws = 2000
    # 0 and 2 are none: 0.3, 0.05 and 0.1 are left of 1, the end and 4.
    scores = np.float32([-np.inf, np.log(0.3 / 0.45), -np.inf, np.log(0.05 / 0.45), np.log(0.1 / 0.45)])
    tables = np.tile(scores, (draws, 5, 1))
    limits = [3] * draws
    hypotheses = walker(
        sample, drawing(draws), scores=tables, limits=limits, decoder=FewPieces, longest=LONGEST
    )
    first = hypotheses.sequences[:, 0, 0].numpy()
    for piece, probability in ((1, 0.3 / 0.45), (END, 0.05 / 0.45), (4, 0.1 / 0.45)):
        margin = 5 * np.sqrt(probability * (1 - probability) / draws)
        assert np.mean(first == piece) == pytest.approx(probability, abs=margin)
    for pieces, size, score in zip(
        hypotheses.sequences[:50, 0].numpy(),
        hypotheses.lengths[:50, 0].numpy(),
        hypotheses.scores[:50, 0].numpy(),
        strict=True,
    ):
        assert score == pytest.approx(scores[pieces[:size]].sum(), abs=1e-4)


def test_a_draw_depends_on_its_own_seed_and_sentence_alone() -> None:
    scores, limits = table(3, 6), [9, 4, 9, 12, 9, 9]
    sampling = drawing(6, temperature=1.2)

    def drawn(rows: list[int], sampling: Sampling) -> list[list[int]]:
        hypotheses = walker(
            sample, sampling, scores=scores[rows], limits=[limits[row] for row in rows], longest=LONGEST
        )
        sequences = zip(hypotheses.sequences[:, 0].numpy(), hypotheses.lengths[:, 0].numpy(), strict=True)
        return [pieces[:size].tolist() for pieces, size in sequences]

    every = drawn([0, 1, 2, 3, 4, 5], sampling)
    for rows in ([0], [4, 1], [5, 3, 2]):
        assert drawn(rows, sampling.of(tf.constant(rows))) == [every[row] for row in rows]
    assert drawn([0, 1, 2, 3, 4, 5], drawing(6, temperature=1.2, seed=2)) != every
    # Whatever the others of the batch ask for.
    mixed = sampling._replace(
        top_k=tf.constant([0, 1, 2, 0, 3, 0]), top_p=tf.constant([1.0, 1, 0.5, 1, 1, 1])
    )
    for row in (0, 3, 5):
        assert drawn([0, 1, 2, 3, 4, 5], mixed)[row] == every[row]


def cut(logits: Any, **asked: Any) -> np.ndarray:
    """What may be drawn, with the logits that it has."""
    kept: np.ndarray = drawing(len(logits), **asked).cut(tf.constant(logits, tf.float32)).numpy()
    return kept


def test_cuts_by_hand() -> None:
    logits = np.log([[0.5, 0.25, 0.15, 0.1]])

    def left(**asked: Any) -> list[int]:
        return np.flatnonzero(np.isfinite(cut(logits, **asked)[0])).tolist()

    assert left(top_k=2) == [0, 1]
    assert left(top_k=9) == [0, 1, 2, 3]
    assert left(top_p=0.4) == [0]
    assert left(top_p=0.6) == [0, 1]
    assert left(top_p=0.8) == [0, 1, 2]
    assert left(top_p=1.0) == [0, 1, 2, 3]
    cooled = cut(logits, temperature=0.5)[0]
    assert cooled - cooled[0] == pytest.approx(2 * (logits[0] - logits[0, 0]), abs=1e-6)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_what_means_nothing_is_the_likeliest_piece(value: float) -> None:
    # One of them refused would fail its whole batch.
    logits = np.log([[0.1, 0.6, 0.3]])
    assert np.isfinite(cut(logits, temperature=value)[0]).tolist() == [False, True, False]
    if value == value:
        assert np.isfinite(cut(logits, top_p=value)[0]).tolist() == [False, True, False]
    assert np.isfinite(cut(logits, temperature=float("inf"), top_k=-3, top_p=7.0)).all()


def cut_in_numpy(logits: np.ndarray, k: int, p: float) -> np.ndarray:
    """Which of the logits [C] stay, piece by piece."""
    order = np.argsort(-logits, kind="stable")
    kept = order[: k or len(order)]
    weights = np.exp(logits[kept].astype(np.float64))
    before = np.concatenate([[0.0], np.cumsum(weights / weights.sum())[:-1]])
    kept = kept[before < p] if p < 1 else kept
    stays = np.zeros(len(logits), bool)
    stays[kept] = True
    return stays


@examples(60)
@given(
    seed=st.integers(0, 10_000),
    asked=st.lists(st.tuples(st.integers(0, 9), st.floats(0.0625, 1.0, width=32)), min_size=1, max_size=5),
)
def test_each_row_is_cut_as_in_numpy(seed: int, asked: list[tuple[int, float]]) -> None:
    logits = np.random.default_rng(seed).normal(size=(len(asked), 7)).astype(np.float32) * 2
    ks, ps = (np.array(column) for column in zip(*asked, strict=True))
    sampling = drawing(len(asked))._replace(
        top_k=tf.constant(ks, tf.int32), top_p=tf.constant(ps, tf.float32)
    )
    stays = np.isfinite(sampling.cut(tf.constant(logits)).numpy())
    for row, (k, p) in enumerate(asked):
        lower, upper = (
            cut_in_numpy(logits[row], k, p - 1e-5),
            cut_in_numpy(logits[row], k, min(p + 1e-5, 1.0)),
        )
        # Rounding may decide about a piece at which the sum is p.
        assert (lower <= stays[row]).all()
        assert (stays[row] <= upper).all()
