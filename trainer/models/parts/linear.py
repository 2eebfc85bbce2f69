"""A linear map."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor


class Linear(keras.layers.Layer):
    """`x W + b` over the last axis, as one plain matrix product.

    Keras's Dense multiplies [B, T, D] by a broadcast kernel, whose gradient on TensorFlow is B products
    and a sum: a third of a training step on a CPU.
    """

    def __init__(
        self, inputs: int, outputs: int, name: str, *, bias: bool = True, spread: float | None = None
    ) -> None:
        """`spread`: the standard deviation of fresh weights; None: Glorot's."""
        super().__init__(name=name)
        self.inputs, self.outputs, self.has_bias = inputs, outputs, bias
        self.initializer = keras.initializers.RandomNormal(stddev=spread) if spread else "glorot_uniform"

    def build(self, input_shape: Any = None) -> None:
        """A kernel [inputs, outputs] and a bias [outputs]."""
        self.kernel = self.add_weight(
            shape=(self.inputs, self.outputs), initializer=self.initializer, dtype="float32", name="kernel"
        )
        if self.has_bias:
            self.bias = self.add_weight(
                shape=(self.outputs,), initializer="zeros", dtype="float32", name="bias"
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """[..., inputs] → [..., outputs]."""
        shape = ops.shape(inputs)
        flat = ops.cast(ops.reshape(inputs, (-1, self.inputs)), self.compute_dtype)
        product = ops.matmul(flat, ops.cast(self.kernel, self.compute_dtype))
        if self.has_bias:
            product = product + ops.cast(self.bias, self.compute_dtype)
        return ops.reshape(product, (*shape[:-1], self.outputs))
