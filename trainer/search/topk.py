"""The k largest of many values, in two passes."""

from __future__ import annotations

import tensorflow as tf

GROUP = 64
"""Values in a group; vocabularies padded to a multiple of it are searched in two passes."""


def top_k(values: tf.Tensor, k: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The k largest of [B, K, V] along the last axis, largest first → values and places [B, K, k].

    The k largest values lie in the k groups with the largest maxima: a value outside of them is not larger
    than any of those k maxima. So a scan for maxima, which is fast, leaves k groups to sort instead of the
    vocabulary.
    """
    size = values.shape[2]
    if size is None or size % GROUP or size < 8 * GROUP:
        best = tf.math.top_k(values, k)
        return best.values, best.indices
    groups = tf.reshape(values, [-1, size // GROUP, GROUP])
    many = at_most(k, groups, axis=1)
    _, chosen = tf.math.top_k(tf.reduce_max(groups, axis=2), many)
    # In the order of their places, so that equal values rank as in a sort of the whole: the earlier first.
    chosen = -tf.math.top_k(-chosen, many).values
    candidates = tf.reshape(tf.gather(groups, chosen, batch_dims=1), [-1, many * GROUP])
    best = tf.math.top_k(candidates, k)
    places = tf.gather(chosen, best.indices // GROUP, batch_dims=1) * GROUP + best.indices % GROUP
    shape = [-1, tf.shape(values)[1], k]
    return tf.reshape(best.values, shape), tf.reshape(places, shape)


def at_most(k: int | tf.Tensor, values: tf.Tensor, axis: int = -1) -> int | tf.Tensor:
    """k, or how many values there are if these are fewer: a number where it is known without the graph."""
    size = values.shape[axis]
    if size is None or isinstance(k, tf.Tensor):
        return tf.minimum(k, tf.shape(values)[axis])
    return min(k, size)
