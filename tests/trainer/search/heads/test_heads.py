"""Each head against brute force: the best of all sequences under the distribution that it stands for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import (
    END,
    PIECES,
    START,
    Bigram,
    S,
    V,
    attention,
    enumerate_all,
    score,
    table,
)
from trainer.search.beam import beam_search
from trainer.search.decoder import Bodies, BodyWithHead
from trainer.search.heads.ensemble import Ensemble, Mean
from trainer.search.heads.full import Full
from trainer.search.heads.shortlist import Shortlist
from trainer.search.interface import Hypotheses, StartingDecoder

LIMIT = 4
SEEDS = st.integers(0, 10_000)


def search(decoder: StartingDecoder, sentences: int, beams: int = 80) -> Hypotheses:
    """The three best of each sentence, all penalties on; with 80 beams nothing is lost."""
    return beam_search(
        decoder,
        decoder.start(tf.zeros([sentences, S], tf.int32), beams),
        start=START,
        end=END,
        limits=tf.fill([sentences], LIMIT),
        source_lengths=tf.fill([sentences], S),
        beams=beams,
        kept=3,
        length_alpha=0.6,
        coverage_beta=0.2,
    )


def check(hypotheses: Hypotheses, scores: np.ndarray, looks: np.ndarray, allowed: Any = PIECES) -> None:
    """They are the best of all sequences of the allowed pieces under the distribution [B, V, V]."""
    sequences = [sequence for sequence in enumerate_all(LIMIT) if set(sequence[:-1]) <= set(allowed)]
    for row in range(len(scores)):
        values = {
            tuple(sequence): score(sequence, scores[row], looks[row], S, 0.6, 0.2) for sequence in sequences
        }
        wanted = sorted(values.values(), reverse=True)[:3]
        sizes = [size for size in hypotheses.lengths[row].numpy() if size]
        given_ = [
            tuple(sequence[:size])
            for sequence, size in zip(hypotheses.sequences[row].numpy().tolist(), sizes, strict=False)
        ]
        assert len(set(given_)) == len(given_) == len(wanted)
        # Of sequences within rounding of each other either may come first.
        assert [values[sequence] for sequence in given_] == pytest.approx(wanted, abs=1e-4)
        assert hypotheses.scores[row, : len(wanted)].numpy() == pytest.approx(wanted, abs=1e-4)


@examples(5)
@given(seed=SEEDS)
def test_the_full_softmax_is_over_all_pieces(seed: int) -> None:
    scores, looks = table(seed, 2), attention(seed, 2)
    # Whatever is added to all logits, probabilities are the same.
    model = Bigram(scores + 3.0, looks)
    check(search(BodyWithHead(model, Full(model)), 2), scores, looks)


@examples(15)
@given(seed=SEEDS, pieces=st.sets(st.sampled_from(PIECES)))
def test_a_shortlist_finds_the_best_of_the_sequences_of_its_pieces(seed: int, pieces: set[int]) -> None:
    scores, looks = table(seed, 2), attention(seed, 2)
    model = Bigram(scores, looks)
    hypotheses = search(BodyWithHead(model, Shortlist(model, [*pieces], END)), 2)
    left = np.full_like(scores, -np.inf)
    kept = [*pieces, END]
    left[:, :, kept] = scores[:, :, kept]
    check(hypotheses, left - np.log(np.exp(left).sum(-1, keepdims=True)), looks, pieces)


def mean_of(mean: Mean, tables: list[np.ndarray]) -> np.ndarray:
    """The distribution of an ensemble, piece by piece."""
    if mean == "probabilities":
        return np.log(np.mean(np.exp(tables), axis=0))
    logits = np.mean(tables, axis=0)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@pytest.mark.parametrize("mean", ["probabilities", "log-probabilities"])
@examples(8)
@given(seed=SEEDS, count=st.integers(1, 3))
def test_an_ensemble_finds_the_best_under_the_mean_of_its_models(mean: Mean, seed: int, count: int) -> None:
    tables = [table(seed + 10_001 * number, 2) for number in range(count)]
    looks = [attention(seed + 10_001 * number, 2) for number in range(count)]
    models = [Bigram(scores + 2.0, look) for scores, look in zip(tables, looks, strict=True)]
    hypotheses = search(BodyWithHead(Bodies(models), Ensemble(models, mean)), 2)
    check(hypotheses, mean_of(mean, tables), np.mean(looks, axis=0))


def test_an_ensemble_that_disagrees_by_hand() -> None:
    """One is sure of 0, the other of 1, both find 4 possible, and only the geometric mean takes it."""
    first = np.log(np.float32([0.7, 0.01, 0.01, 0.01, 0.27]))
    second = first[[1, 0, 2, 3, 4]]
    models = [
        Bigram(np.tile(log_probs, (1, V, 1)), np.full((1, V, S), 1 / S, np.float32))
        for log_probs in (first, second)
    ]
    outputs = tuple(tf.constant(log_probs)[None, None] for log_probs in (first, second))
    arithmetic = Ensemble(models, "probabilities").candidates(outputs)
    geometric = Ensemble(models, "log-probabilities").candidates(outputs)
    probabilities = np.exp(arithmetic.logits - arithmetic.log_normalizer[:, :, None])[0, 0]
    assert probabilities == pytest.approx([0.355, 0.355, 0.01, 0.01, 0.27])
    # The root of 0.7 x 0.01 twice, 0.01 twice, and 0.27.
    probabilities = np.exp(geometric.logits - geometric.log_normalizer[:, :, None])[0, 0]
    root = math.sqrt(0.007)
    assert probabilities == pytest.approx(np.array([root, root, 0.01, 0.01, 0.27]) / (2 * root + 0.29))


class Cramped(Bigram):
    """A model whose state lasts for so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__(table(7, 3), attention(7, 3))
        self._steps = steps

    def reserve(self, state: tf.Tensor, time: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Stateful.reserve`."""
        return state, (time // self._steps + 1) * self._steps


def test_models_together_have_room_while_each_of_them_has() -> None:
    models = [Cramped(3), Cramped(2)]
    bodies = Bodies(models)
    rooms = [int(bodies.reserve((tf.zeros([1]),) * 2, tf.constant(time))[1]) for time in range(5)]
    assert rooms == [2, 2, 3, 4, 6]
    hypotheses = search(BodyWithHead(bodies, Ensemble(models, "probabilities")), 3)
    check(hypotheses, table(7, 3), attention(7, 3))


@pytest.mark.parametrize("mean", ["probabilities", "log-probabilities"])
def test_models_of_one_vocabulary_may_be_padded_to_different_sizes(mean: Mean) -> None:
    class Padded:
        def __init__(self, padding: int) -> None:
            self._padding = [[0, 0], [0, 0], [0, padding]]

        def logits(self, outputs: tf.Tensor) -> tf.Tensor:
            return tf.pad(outputs, self._padding, constant_values=-np.inf)

    outputs = tf.constant(np.random.default_rng(1).normal(size=(2, 3, V)), tf.float32)
    models: list[Any] = [Padded(0), Padded(5)]
    together = Ensemble(models, mean).candidates((outputs, outputs))
    alone = Ensemble(models[:1], mean).candidates((outputs,))
    np.testing.assert_allclose(
        together.logits - together.log_normalizer[..., None],
        alone.logits - alone.log_normalizer[..., None],
        atol=1e-5,
    )
