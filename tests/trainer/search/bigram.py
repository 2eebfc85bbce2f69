"""What tests of search have in common: a bigram model of five pieces, and every sequence that it can make."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.search.interface import BodyOutput, CopiedState, Step, StepFunctionDecoder
from trainer.search.sampling import Sampling

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


class FewPieces(StepFunctionDecoder):
    """The same of a table in which every row lacks a piece: its candidates are those that are left."""

    def __init__(self, scores: tf.Tensor, looks: tf.Tensor, shift: float = 0.0) -> None:
        def step(tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
            del time
            where = tf.stack([state, tokens], -1)
            logits = tf.gather_nd(scores, where)
            # First what is left, as it ascends; what is not stands behind, with ids that mean nothing.
            ids = tf.argsort(tf.where(tf.math.is_finite(logits), 0, 1), axis=-1, stable=True)[..., : V - 1]
            normalizer = tf.fill(tf.shape(tokens), shift)
            left = tf.gather(logits, ids, batch_dims=2) + shift
            return Step(left, normalizer, tf.gather_nd(looks, where), ids), state

        super().__init__(step)


class Bigram(CopiedState):
    """A bigram model as a `Model`, whose outputs are log-probabilities already."""

    state_spec = None

    def __init__(self, scores: np.ndarray, looks: np.ndarray) -> None:
        self._scores, self._looks = tf.constant(scores), tf.constant(looks)

    def start(self, source: tf.Tensor, beams: int) -> tf.Tensor:
        """The numbers of the sentences [B, K]."""
        return tf.tile(tf.range(tf.shape(source)[0])[:, None], [1, beams])

    def step(self, tokens: tf.Tensor, state: tf.Tensor, time: tf.Tensor) -> tuple[BodyOutput, tf.Tensor]:
        """See `Body.step`."""
        del time
        where = tf.stack([state, tokens], -1)
        return BodyOutput(tf.gather_nd(self._scores, where), tf.gather_nd(self._looks, where)), state

    def logits(self, outputs: tf.Tensor, pieces: np.ndarray | None = None) -> tf.Tensor:
        """See `Model.logits`."""
        return outputs if pieces is None else tf.gather(outputs, pieces, axis=2)

    def output_layer(self, pieces: tf.Tensor) -> tf.Tensor:
        """See `Model.output_layer`."""
        return pieces

    def project(self, outputs: tf.Tensor, layer: tf.Tensor) -> tf.Tensor:
        """See `Model.project`."""
        return tf.gather(outputs, layer, axis=2)


def without_some(scores: np.ndarray, seed: int) -> np.ndarray:
    """The table without one piece to three in every row, the end staying; the others share what they had."""
    draws = np.random.default_rng(seed + 2).random(scores.shape)
    draws[..., END] = 2.0
    ranks = draws.argsort(-1).argsort(-1)
    missing = ranks < np.random.default_rng(seed + 3).integers(1, V - 1, (*scores.shape[:2], 1))
    left = np.where(missing, -np.inf, scores)
    return (left - np.log(np.exp(left).sum(-1, keepdims=True))).astype(np.float32)


def score(
    sequence: list[int], scores: np.ndarray, looks: np.ndarray, length: int, alpha: float, beta: float
) -> float:
    """Wu et al. 2016, equation 14, of a whole sequence."""
    total, received, last = 0.0, np.zeros(S), START
    for piece in sequence:
        total += scores[last, piece]
        received += looks[last]
        last = piece
    coverage = sum(math.log(min(share, 1.0)) for share in received[:length])
    return total / ((5 + len(sequence)) / 6) ** alpha + beta * coverage


def enumerate_all(limit: int) -> list[list[int]]:
    """Every sequence of at most `limit` pieces that ends."""
    return [[*body, END] for size in range(limit) for body in itertools.product(PIECES, repeat=size)]


def walker(
    function: Any,
    *arguments: Any,
    scores: np.ndarray,
    limits: list[int],
    decoder: type[StepFunctionDecoder] = Table,
    **options: Any,
) -> Any:
    """A greedy or a sampled search over tables."""
    return function(
        decoder(tf.constant(scores), tf.zeros([len(limits), V, S])),
        tf.range(len(limits))[:, None],
        *arguments,
        start=START,
        end=END,
        limits=tf.constant(limits),
        source_lengths=tf.fill([len(limits)], S),
        **options,
    )


def drawing(
    sentences: int, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, seed: int = 1
) -> Sampling:
    """The same for all sentences, but for their draws."""
    seeds = np.stack([np.full(sentences, seed), np.arange(sentences)], axis=1)
    return Sampling(
        tf.fill([sentences], temperature), tf.fill([sentences], top_k), tf.fill([sentences], top_p), seeds
    )
