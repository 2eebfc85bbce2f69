"""What tests of search have in common: a bigram model of five pieces, and every sequence that it can make."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.search import Step, StepFunctionDecoder

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
