"""The k largest of many values, in two stages."""

from __future__ import annotations

import tensorflow as tf

GROUP = 64
"""Values in a group; vocabularies padded to a multiple of it are searched in two stages."""


def top_k(values: tf.Tensor, k: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The k largest of [B, K, V] along the last axis, largest first → values and places [B, K, k].

    The k largest values lie in the k groups with the largest maxima: a value outside of them is not larger
    than any of those k maxima. So a scan for maxima, which is fast, leaves k groups to sort instead of the
    vocabulary.
    """
    size = values.shape[2]
    if size is None or size % GROUP or size < 8 * GROUP:
        best = tf.math.top_k(values, k)
        return best.values, best.indices
    shape = tf.shape(values)
    groups = tf.reshape(values, [shape[0], shape[1], size // GROUP, GROUP])
    many = tf.minimum(k, size // GROUP)
    _, chosen = tf.math.top_k(tf.reduce_max(groups, axis=3), many)
    # In the order of their places, so that equal values rank as in a sort of the whole: the earlier first.
    chosen = tf.sort(chosen, axis=2)
    candidates = tf.reshape(tf.gather(groups, chosen, batch_dims=2), [shape[0], shape[1], many * GROUP])
    best = tf.math.top_k(candidates, k)
    group = tf.gather(chosen, best.indices // GROUP, batch_dims=2)
    return best.values, group * GROUP + best.indices % GROUP
