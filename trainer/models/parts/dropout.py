"""Dropout (Srivastava et al. 2014)."""

from __future__ import annotations

import keras
from keras import ops

from trainer.models.base import Tensor

_DRAW_BYTES = 4
"""Of one random draw; each byte decides about one element."""


class CheapDropout(keras.layers.Layer):
    """Dropout (Srivastava et al. 2014) that draws eight random bits for an element, not a float.

    On a CPU drawing a float each is a fifth of a training step. The rate is rounded to 1/256.
    """

    def __init__(self, rate: float, name: str | None = None) -> None:
        super().__init__(name=name, autocast=False)
        self.threshold = round(rate * 256)
        self.kept = 1.0 - self.threshold / 256
        self.seeds = keras.random.SeedGenerator()

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Inputs [..., D], returned with elements zeroed and the others scaled up when training."""
        if not training or not self.threshold:
            return inputs
        *outer, width = ops.shape(inputs)
        draws_shape = (*outer, -(-width // _DRAW_BYTES))
        draws = keras.random.randint(draws_shape, -(1 << 31), (1 << 31) - 1, "int32", seed=self.seeds)
        keep = ops.view(draws, "uint8")[..., :width] >= ops.cast(self.threshold, "uint8")
        return inputs * (ops.cast(keep, inputs.dtype) * (1.0 / self.kept))
