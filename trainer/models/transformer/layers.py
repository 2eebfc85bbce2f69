"""The translator's layers in TensorFlow's own operations, few and large, with weights that are held.

Notation: `B` sentences, `K` beams, `R` rows (B x K or B x S), `D` model width, `H` heads, `S` source length.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from trainer.models.parts.norm import EPSILON
from trainer.models.transformer.weights import LayerWeights, LinearWeights, NormWeights


def linear(inputs: tf.Tensor, weights: LinearWeights) -> tf.Tensor:
    """[R, D] → [R, X]; the graph optimizer fuses product and bias."""
    product = tf.matmul(inputs, tf.convert_to_tensor(weights.kernel))
    return tf.nn.bias_add(product, tf.convert_to_tensor(weights.bias))


def normalize(states: tf.Tensor, norm: NormWeights | None) -> tf.Tensor:
    """Layer norm [R, D] → [R, D] (Ba et al. 2016, https://arxiv.org/abs/1607.06450, equation 4).

    Without a `norm` the mean is 0 and gain and bias are elsewhere, see `weights`.
    """
    if norm is None:
        variance = tf.reduce_mean(tf.square(states), axis=-1, keepdims=True)
        return states * tf.math.rsqrt(variance + EPSILON)
    centred = states - tf.reduce_mean(states, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
    return centred * (tf.math.rsqrt(variance + EPSILON) * norm.gain) + norm.bias


def before(states: tf.Tensor, layer: LayerWeights) -> tf.Tensor:
    """What a sub-layer reads."""
    return states if layer.norms else normalize(states, None)


def after(states: tf.Tensor, outputs: tf.Tensor, layer: LayerWeights, place: int) -> tf.Tensor:
    """A sub-layer's outputs joined with its inputs; `place` counts the layer's sub-layers from 0."""
    joined = states + outputs
    return normalize(joined, layer.norms[place]) if layer.norms else joined


def split_heads(projected: tf.Tensor, shape: Any) -> tf.Tensor:
    """[R, parts x D], of the shape [B, R/B, parts, H, D/H] → [parts, B, H, R/B, D/H], whose slices along the
    first axis are no copies.
    """
    return tf.transpose(tf.reshape(projected, shape), [2, 0, 3, 1, 4])


def attend(
    query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, mask: tf.Tensor, width: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Queries [B, H, K, D/H] over keys and values [B, H, S, D/H] → [R, D] and the weights [B, H, K, S]."""
    weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + mask)
    context = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
    return tf.reshape(context, [-1, width]), weights


def feed_forward(states: tf.Tensor, layer: LayerWeights) -> tf.Tensor:
    """The last sub-layer: [R, D] → [R, D]."""
    outputs = linear(tf.nn.relu(linear(before(states, layer), layer.inner)), layer.outer)
    return after(states, outputs, layer, -1)
