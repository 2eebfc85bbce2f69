"""Candidates by hand, and against the same search over all pieces of which the others are impossible."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import END, START, FewPieces, S, Table, V, table, without_some
from trainer.search.beam import beam_search
from trainer.search.candidates import FORBIDDEN, Candidates, log_normalizer
from trainer.search.constraints.forced_prefix import ForcedPrefix
from trainer.search.constraints.minimum_length import MinimumLength
from trainer.search.constraints.no_repeat_ngram import NoRepeatNgram
from trainer.search.greedy import greedy_search
from trainer.search.interface import Constraint

FEW = Candidates(
    tf.constant([[[0.5, 2.0, 2.0], [1.0, 3.0, FORBIDDEN]]]),
    tf.zeros([1, 2]),
    tf.constant([[[1, 3, 8], [2, 3, 0]]]),
)
ALL = Candidates(tf.constant([[[0.5, 2.0, 2.0], [1.0, 3.0, 0.0]]]), tf.zeros([1, 2]))


def test_a_piece_has_its_own_logit_and_what_is_no_candidate_has_none() -> None:
    assert FEW.of(3).numpy().tolist() == [[2.0, 3.0]]
    assert FEW.of(8).numpy().tolist() == [[2.0, FORBIDDEN]]
    assert FEW.of(0).numpy().tolist() == [[FORBIDDEN, FORBIDDEN]]
    assert ALL.of(0).numpy().tolist() == [[0.5, 1.0]]


def test_the_normalizer_counts_no_piece_that_never_comes() -> None:
    logits = tf.constant([[[1.0, 2.0, FORBIDDEN, 3.0], [-200.0, FORBIDDEN, FORBIDDEN, FORBIDDEN]]])
    np.testing.assert_allclose(log_normalizer(logits), [[3.40760596, -200.0]], rtol=1e-6)


def test_the_best_are_pieces_and_of_equals_the_lower_is_first() -> None:
    values, pieces = FEW.best(tf.constant(2))
    assert values.numpy().tolist() == [[[2.0, 2.0], [3.0, 1.0]]]
    assert pieces.numpy().tolist() == [[[3, 8], [3, 2]]]
    assert ALL.best(tf.constant(2))[1].numpy().tolist() == [[[1, 2], [1, 0]]]


def test_what_is_forbidden_of_all_pieces_fits_where_an_export_has_padded_them() -> None:
    real = tf.constant([True, False, True])
    padded = Candidates(tf.constant([[[0.5, 2.0, 2.0, FORBIDDEN]]]), tf.zeros([1, 1]))
    for forbidden in (real, real[None, None]):
        assert padded.forbid(forbidden).logits.numpy().tolist() == [[[FORBIDDEN, 2.0, FORBIDDEN, FORBIDDEN]]]
    assert padded.forbid(tf.constant([True])).logits.numpy().tolist() == [[[FORBIDDEN] * 4]]


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (FEW, [[[0.5, FORBIDDEN, 2.0], [1.0, FORBIDDEN, FORBIDDEN]]]),
        (ALL, [[[0.5, FORBIDDEN, 2.0], [1.0, FORBIDDEN, 0.0]]]),
    ],
)
def test_a_forbidden_piece_is_gone_and_the_others_stay(given_: Candidates, wanted: Any) -> None:
    middle = 3 if given_ is FEW else 1
    assert given_.forbid(given_.pieces == middle).logits.numpy().tolist() == wanted
    pieces = tf.constant([[[middle, 2], [middle, middle]]])
    listed = tf.constant([[[True, False], [False, True]]])
    assert given_.forbid_pieces(pieces, listed).logits.numpy().tolist() == wanted


@cache
def searcher(few: bool, beams: int, ngram: int) -> Any:
    """A traced search with every rule."""
    numbers = tf.TensorSpec([None], tf.int32)

    @tf.function(input_signature=[tf.TensorSpec([None, V, V]), numbers, numbers])
    def run(scores: tf.Tensor, limits: tf.Tensor, sizes: tf.Tensor) -> Any:
        prefixes = tf.tile([[4, 1]], [tf.size(limits), 1])
        constraints: list[Constraint] = [ForcedPrefix(prefixes, sizes), MinimumLength(2, END)]
        constraints += [NoRepeatNgram(ngram, END)] if ngram else []
        common: dict[str, Any] = {
            "start": START,
            "end": END,
            "limits": limits,
            "source_lengths": tf.fill(tf.shape(limits), S),
            "constraints": constraints,
        }
        decoder = (FewPieces if few else Table)(scores, tf.zeros([tf.shape(limits)[0], V, S]))
        state = tf.tile(tf.range(tf.shape(limits)[0])[:, None], [1, beams])
        if beams == 1:
            return greedy_search(decoder, state, **common)
        return beam_search(decoder, state, beams=beams, kept=beams, **common)

    return run


@pytest.mark.parametrize("beams", [1, 3])
@examples(40)
@given(
    seed=st.integers(0, 10_000),
    sentences=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=5),
    ngram=st.integers(0, 2),
)
def test_few_candidates_and_impossible_pieces_find_the_same(
    beams: int, seed: int, sentences: list[tuple[int, int]], ngram: int
) -> None:
    # Halves: many pieces are equally likely, and sums are exact, so that the rule decides about ties.
    scores = np.round(table(seed, len(sentences))) / 2
    scores = np.where(np.isfinite(without_some(scores, seed)), scores - 4, FORBIDDEN).astype(np.float32)
    limits, sizes = np.int32(sentences).T
    few, every = (searcher(form, beams, ngram)(scores, limits, sizes) for form in (True, False))
    for of_few, of_every in zip(few, every, strict=True):
        assert (of_few.numpy() == of_every.numpy()).all()


def test_without_the_end_among_the_candidates_there_is_no_hypothesis() -> None:
    scores = np.full((1, V, V), -1.0, np.float32)
    scores[:, :, END] = FORBIDDEN
    hypotheses = searcher(True, 3, 0)(scores, np.int32([4]), np.int32([0]))
    assert not hypotheses.lengths.numpy().any()
