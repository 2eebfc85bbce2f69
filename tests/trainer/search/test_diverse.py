"""Groups of beams that avoid each other's pieces, against the same in plain Python."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import END, PIECES, START, FewPieces, S, Table, V, score, table
from trainer.search.beam import beam_search
from trainer.search.diverse import DiverseGroups


@cache
def searcher(groups: int, beams: int, kept: int, penalty: float, few: bool = False) -> Any:
    """A traced search over tables."""

    @tf.function(input_signature=[tf.TensorSpec([None, V, V]), tf.TensorSpec([None], tf.int32)])
    def run(scores: tf.Tensor, limits: tf.Tensor) -> Any:
        return beam_search(
            (FewPieces if few else Table)(scores, tf.zeros([tf.shape(limits)[0], V, S])),
            tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams]),
            start=START,
            end=END,
            limits=limits,
            source_lengths=tf.fill(tf.shape(limits), S),
            beams=beams,
            kept=kept,
            length_alpha=0.6,
            selection=DiverseGroups(groups, penalty, beams, END) if groups else None,
        )

    return run


Beam = list[tuple[float, list[int]]]


def plain(scores: np.ndarray, limit: int, groups: int, size: int, penalty: float) -> list[Beam] | None:
    """The hypotheses that each group ended with, without early stop; None where rounding decides."""
    live: list[Beam] = [[(0.0, [])] for _ in range(groups)]
    ended: list[Beam] = [[] for _ in range(groups)]
    for time in range(limit):
        taken: list[int] = []
        for group in range(groups):
            grown = [
                (value + scores[body[-1] if body else START, piece], [*body, piece])
                for value, body in live[group]
                for piece in [*PIECES, END]
            ]

            def rank(hypothesis: tuple[float, list[int]], taken: list[int] = taken) -> float:
                return hypothesis[0] - penalty * taken.count(hypothesis[1][-1])

            grown.sort(key=lambda hypothesis: -rank(hypothesis))
            ends = [
                hypothesis
                for hypothesis in (grown if time + 1 == limit else grown[:size])
                if hypothesis[1][-1] == END
            ]
            ended[group] += [(score(body, scores, np.zeros((V, S)), 0, 0.6, 0.0), body) for _, body in ends]
            going = [hypothesis for hypothesis in grown if hypothesis[1][-1] != END]
            for ranked in (grown, going):
                ranks = [rank(hypothesis) for hypothesis in ranked]
                if len(ranks) > size and ranks[size - 1] - ranks[size] < 1e-4:
                    return None
            live[group] = going[:size]
            taken += [hypothesis[1][-1] for hypothesis in live[group]]
    return ended


@examples(25)
@given(
    seed=st.integers(0, 10_000),
    limits=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    shape=st.sampled_from([(2, 1), (3, 1), (2, 2), (3, 2)]),
    penalty=st.sampled_from([0.3, 2.0]),
)
def test_groups_find_what_plain_groups_find(
    seed: int, limits: list[int], shape: tuple[int, int], penalty: float
) -> None:
    groups, size = shape
    scores = table(seed, len(limits))
    hypotheses = searcher(groups, groups * size, groups * size, penalty)(scores, np.int32(limits))
    for row, limit in enumerate(limits):
        ended = plain(scores[row], limit, groups, size, penalty)
        if ended is None:
            continue
        kept = [value for group in ended for value, _ in sorted(group, reverse=True)[:size]]
        values = hypotheses.scores[row].numpy()
        assert values[np.isfinite(values)].tolist() == pytest.approx(sorted(kept, reverse=True), abs=1e-4)


@pytest.mark.parametrize("few", [False, True])
def test_the_first_group_is_beam_search_and_one_group_nothing_else(few: bool) -> None:
    scores, limits = table(3, 5), np.int32([8, 3, 6, 1, 5])
    beam = searcher(0, 2, 2, 0.5, few)(scores, limits)
    alone = searcher(1, 2, 2, 0.5, few)(scores, limits)
    np.testing.assert_array_equal(beam.sequences, alone.sequences)
    grouped = searcher(2, 4, 4, 0.5, few)(scores, limits)
    for row in range(5):
        grouped_sequences = {tuple(sequence) for sequence in grouped.sequences[row].numpy().tolist()}
        assert {tuple(sequence) for sequence in beam.sequences[row].numpy().tolist()} <= grouped_sequences


def test_a_penalty_makes_for_variety() -> None:
    scores, limits = table(11, 20), np.int32([6] * 20)

    def different(penalty: float) -> int:
        sequences = searcher(4, 4, 4, penalty)(scores, limits).sequences.numpy()
        return sum(len({tuple(sequence) for sequence in row}) for row in sequences.tolist())

    # Nearly without one all groups go the same way.
    assert different(1e-6) < different(1.0) <= different(8.0)


def test_groups_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="4 beams do not make 3 groups"):
        DiverseGroups(3, 0.5, 4, END)
