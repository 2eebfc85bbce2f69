"""Parts that remember what they read in a state of one size, against a loop."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from trainer.models.parts.average_attention import AverageAttention
from trainer.models.parts.feed_forward import FeedForward
from trainer.models.parts.part import Context
from trainer.models.parts.ssru import SSRU, accumulate


def _sigmoid(numbers: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-numbers))


def test_average_attention_sees_the_mean_so_far() -> None:
    """Gates that choose the mean alone, and a feed-forward layer that hands on what is positive."""
    part = AverageAttention(2, FeedForward(2, 2, 0.0, "feed_forward"), "average")
    part.build((None, None, 2))
    for linear in (part.feed_forward.inner, part.feed_forward.outer):
        linear.set_weights([np.eye(2), np.zeros(2)])
    part.gates.set_weights([np.zeros((4, 4)), np.array([-50, -50, 50, 50])])
    outputs = part(np.array([[[1, 2], [3, 6], [5, 1]]], np.float32), context=Context())
    np.testing.assert_allclose(outputs[0], [[1, 2], [2, 4], [3, 3]], rtol=1e-6)
    part.gates.set_weights([np.zeros((4, 4)), np.zeros(4)])
    outputs = part(np.array([[[1, 2], [3, 6]]], np.float32), context=Context())
    np.testing.assert_allclose(outputs[0], [[1, 2], [2.5, 5]], rtol=1e-6)


def test_ssru_equals_its_equations_one_position_after_another() -> None:
    keras.utils.set_random_seed(1)
    part = SSRU(3, "ssru")
    part.build((None, None, 3))
    part.forget_bias.assign([0.5, -1.0, 2.0])
    inputs = np.random.default_rng(2).normal(size=(2, 11, 3)).astype(np.float32)
    kernel, bias = (ops.convert_to_numpy(weight) for weight in (part.forget_value.kernel, part.forget_bias))
    cell = np.zeros((2, 3))
    for place, output in enumerate(ops.convert_to_numpy(part(inputs, context=Context())).swapaxes(0, 1)):
        product = inputs[:, place] @ kernel
        forget = _sigmoid(product[:, :3] + bias)
        cell = forget * cell + (1 - forget) * product[:, 3:]
        np.testing.assert_allclose(output, np.maximum(cell, 0), atol=1e-5)


def test_cells_of_all_positions_at_once_are_those_of_a_scan_with_its_gradient() -> None:
    draws = np.random.default_rng(3)
    forget = tf.constant(draws.uniform(size=(2, 13, 3)), tf.float32)
    added = tf.constant(draws.normal(size=(2, 13, 3)), tf.float32)

    def scan(forget: tf.Tensor, added: tf.Tensor) -> tf.Tensor:
        cells = [tf.zeros_like(added[:, 0])]
        for place in range(added.shape[1]):
            cells.append(forget[:, place] * cells[-1] + added[:, place])
        return tf.stack(cells[1:], axis=1)

    spec = tf.TensorSpec([None, None, 3])
    results = []
    for function in (tf.function(accumulate, input_signature=[spec, spec]), scan):
        with tf.GradientTape() as tape:
            tape.watch([forget, added])
            cells = function(forget, added)
            loss = tf.reduce_sum(cells**2)
        results.append([cells, *tape.gradient(loss, [forget, added])])
    for at_once, expected in zip(*results, strict=True):
        np.testing.assert_allclose(at_once, expected, atol=1e-4)
