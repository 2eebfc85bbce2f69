"""Length and coverage penalties (Wu et al. 2016, https://arxiv.org/abs/1609.08144, equation 14).

score(Y, X) = log P(Y|X) / lp(Y) + cp(X; Y)
"""

from __future__ import annotations

import tensorflow as tf


def normalized(log_probabilities: tf.Tensor, lengths: tf.Tensor, alpha: float) -> tf.Tensor:
    """log P(Y|X) / lp(Y) with lp(Y) = ((5 + |Y|) / 6) ^ alpha, for lengths in pieces, the end counted, that
    broadcast with the log-probabilities.
    """
    if not alpha:  # lp is 1.
        return log_probabilities
    return log_probabilities / tf.pow((5.0 + tf.cast(lengths, tf.float32)) / 6.0, alpha)


def coverage_penalty(coverage: tf.Tensor, source_lengths: tf.Tensor, beta: float) -> tf.Tensor:
    """cp(X; Y) = beta * sum over source pieces of log(min(attention received, 1)): never above 0.

    Args:
        coverage: [B, K, S], the attention that each source piece has received.
        source_lengths: [B] int32; places after it do not count.

    Returns:
        [B, K]
    """
    # A piece that was never looked at would give minus infinity for all hypotheses alike: order needs a
    # floor.
    received = tf.clip_by_value(coverage, 1e-9, 1.0)
    real = tf.sequence_mask(source_lengths, tf.shape(coverage)[2])[:, None, :]
    return beta * tf.reduce_sum(tf.where(real, tf.math.log(received), 0.0), axis=2)
