"""Sampling: temperature, top-k (Fan et al. 2018, https://arxiv.org/abs/1805.04833) and top-p, also called
nucleus sampling (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN
from trainer.search.interface import Constraint, Decoder, Hypotheses
from trainer.search.walk import walk


@dataclass(frozen=True)
class Sampling:
    """What may be drawn."""

    temperature: float = 1.0
    """Above 1: flatter; towards 0: greedy."""
    top_k: int = 0
    """Only the k likeliest pieces, and those as likely as the last of them; 0: all."""
    top_p: float = 1.0
    """The fewest likeliest pieces whose probabilities sum to p or more, and those as likely as the last."""

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ValueError(f"temperature must be above 0, top_k not below 0, top_p in (0, 1]: {self}")

    def filter(self, logits: tf.Tensor) -> tf.Tensor:
        """Logits [B, C] → logits of what may be drawn, minus infinity elsewhere; the likeliest piece always
        stays.
        """
        logits = logits / self.temperature
        if self.top_k:
            least = tf.math.top_k(logits, tf.minimum(self.top_k, tf.shape(logits)[1])).values[:, -1:]
            logits = tf.where(logits < least, FORBIDDEN, logits)
        if self.top_p < 1.0:
            ordered = tf.sort(logits, axis=1, direction="DESCENDING")
            before = tf.cumsum(tf.nn.softmax(ordered, axis=1), axis=1, exclusive=True)
            inside = tf.math.count_nonzero(before < self.top_p, axis=1, dtype=tf.int32)
            least = tf.gather(ordered, tf.maximum(inside, 1) - 1, batch_dims=1)[:, None]
            logits = tf.where(logits < least, FORBIDDEN, logits)
        return logits


def sample(
    decoder: Decoder,
    state: Any,
    sampling: Sampling,
    seed: tf.Tensor,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    source_lengths: tf.Tensor,
    length_alpha: float = 0.0,
    constraints: Sequence[Constraint] = (),
) -> Hypotheses:
    """One hypothesis [B, 1, T] drawn for each sentence; its score is that of the model, untempered.

    Args: as of `beam_search`, with K = 1; `seed` int32 fixes every draw, whatever else is in the batch.
    """

    def draw(logits: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        logits = sampling.filter(logits)
        # Gumbel-max: one noise for each sentence and step, so that neighbours that end do not move the
        # others' draws.
        seeds = tf.stack([tf.fill(tf.shape(rows), seed * 65_537 + time), rows], axis=1)
        shape = tf.shape(logits)[1:]
        noise = tf.map_fn(
            lambda pair: tf.random.stateless_uniform(shape, pair, minval=1e-20),
            seeds,
            fn_output_signature=tf.float32,
        )
        return tf.argmax(logits - tf.math.log(-tf.math.log(noise)), axis=1, output_type=tf.int32)

    return walk(
        decoder,
        state,
        draw,
        start=start,
        end=end,
        limits=limits,
        source_lengths=source_lengths,
        length_alpha=length_alpha,
        constraints=constraints,
    )
