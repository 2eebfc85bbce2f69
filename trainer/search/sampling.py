"""Sampling: temperature, top-k (Fan et al. 2018, https://arxiv.org/abs/1805.04833) and top-p, also called
nucleus sampling (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751), each sentence as it asks.

Notation: `B` sentences, `C` candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.search.candidates import FORBIDDEN
from trainer.search.interface import Constraint, Decoder, Hypotheses
from trainer.search.walk import walk

_COLDEST, _HOTTEST = 1e-3, 1e3


class Sampling(NamedTuple):
    """What may be drawn for each sentence. No value is refused, since one of a sentence's would fail all
    others of its batch: what means nothing is taken for the nearest thing that does.
    """

    temperatures: tf.Tensor
    """[B] float32. Above 1: flatter; towards 0: greedy; not above 0: the likeliest piece."""
    top_k: tf.Tensor
    """[B] int32: only the k likeliest pieces, and those as likely as the last of them; not above 0: all."""
    top_p: tf.Tensor
    """[B] float32: the fewest likeliest pieces whose probabilities sum to p or more, and those as likely as
    the last; the likeliest at least. Not below 1: all.
    """
    seeds: tf.Tensor
    """[B, 2] int64: fix all draws of the sentence, whatever else is in the batch."""

    def of(self, rows: tf.Tensor) -> Sampling:
        """Of some of the sentences."""
        return Sampling(*(tf.gather(part, rows) for part in self))

    def cut(self, logits: tf.Tensor) -> tf.Tensor:
        """Logits [B, C] → logits of what may be drawn, minus infinity elsewhere: first heated or cooled, then
        cut to the k likeliest, then to those that have p of what is left.
        """
        size = tf.shape(logits)[1]
        likeliest_only = ~(self.temperatures > 0)
        temperatures = tf.clip_by_value(tf.where(likeliest_only, 1.0, self.temperatures), _COLDEST, _HOTTEST)
        logits = (logits - tf.reduce_max(logits, axis=1, keepdims=True)) / temperatures[:, None]
        k = tf.where(self.top_k > 0, tf.minimum(self.top_k, size), size)
        k = tf.where(likeliest_only, 1, k)
        whole = (k >= size) & ~(self.top_p < 1.0)
        return tf.cond(tf.reduce_all(whole), lambda: logits, lambda: _cut(logits, k, self.top_p))


def _cut(logits: tf.Tensor, k: tf.Tensor, p: tf.Tensor) -> tf.Tensor:
    ordered = tf.sort(logits, axis=1, direction="DESCENDING")
    least = tf.gather(ordered, k - 1, batch_dims=1)[:, None]
    ordered = tf.where(ordered < least, FORBIDDEN, ordered)
    before = tf.cumsum(tf.nn.softmax(ordered, axis=1), axis=1, exclusive=True)
    inside = tf.math.count_nonzero(before < p[:, None], axis=1, dtype=tf.int32)
    # By the sum alone, rounding could leave the least likely of all out where p is 1.
    inside = tf.where(p < 1.0, tf.maximum(inside, 1), tf.shape(logits)[1])
    least = tf.maximum(least, tf.gather(ordered, inside - 1, batch_dims=1)[:, None])
    return tf.where(logits < least, FORBIDDEN, logits)


def sample(
    decoder: Decoder,
    state: Any,
    sampling: Sampling,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    longest: int,
    source_lengths: tf.Tensor,
    length_alpha: float = 0.0,
    coverage_beta: float = 0.0,
    constraints: Sequence[Constraint] = (),
) -> Hypotheses:
    """One hypothesis [B, 1, T] drawn for each sentence; its score is that of the model, untempered.

    Args: as of `beam_search`, with K = 1; `longest`: no limit of any batch is above it.
    """
    # One number in [0, 1) for each sentence and step, as many whatever the batch. Pieces have their parts of
    # [0, 1) in the order of their ids, so that impossible ones, with which some decoders pad a vocabulary,
    # move nothing.
    uniform = tf.map_fn(
        lambda seed: tf.random.stateless_uniform([longest], seed, dtype=tf.float64, alg="philox"),
        sampling.seeds,
        fn_output_signature=tf.float64,
    )

    def draw(logits: tf.Tensor, time: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        logits = sampling.of(rows).cut(logits)
        upto = tf.cumsum(tf.nn.softmax(tf.cast(logits, tf.float64), axis=1), axis=1)
        point = tf.gather(uniform[:, time], rows)[:, None] * upto[:, -1:]
        place = tf.math.count_nonzero(upto <= point, axis=1, dtype=tf.int32)
        return tf.minimum(place, tf.shape(logits)[1] - 1)

    return walk(
        decoder,
        state,
        draw,
        start=start,
        end=end,
        limits=limits,
        source_lengths=source_lengths,
        length_alpha=length_alpha,
        coverage_beta=coverage_beta,
        constraints=constraints,
    )
