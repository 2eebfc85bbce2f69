"""Normalisation of vectors, in float32."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor

EPSILON = 1e-6
"""Of every norm."""


class LayerNorm(keras.layers.Layer):
    """Layer normalisation (Ba et al. 2016, https://arxiv.org/abs/1607.06450, equation 4), in float32."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """A gain and a bias of the model's width."""
        self.gamma = self.add_weight(shape=(self.width,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(self.width,), initializer="zeros", name="beta")
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """[..., D] → [..., D]."""
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return centred * ops.rsqrt(variance + EPSILON) * self.gamma + self.beta


class RMSNorm(keras.layers.Layer):
    """Division by the root mean square (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467, equation 4):
    a layer norm without mean and bias.
    """

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """A gain of the model's width."""
        self.gamma = self.add_weight(shape=(self.width,), initializer="ones", name="gamma")
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """[..., D] → [..., D]."""
        square = ops.mean(ops.square(inputs), axis=-1, keepdims=True)
        return inputs * ops.rsqrt(square + EPSILON) * self.gamma


Norm = LayerNorm | RMSNorm
