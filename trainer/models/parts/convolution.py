"""Convolution over positions with a gate (Gehring et al. 2017, https://arxiv.org/abs/1705.03122, section
3.2).

Notation: `B` batch, `T` length, `N` hypotheses, `D` model width, `W` pieces that a convolution sees.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Encoded, Result

HALF = 0.5**0.5
"""Times a sum of two, that its variance be that of each (section 3.4)."""


class GatedConvolution(keras.layers.Layer):
    """A `Part`: of W positions side by side a linear map to 2 D numbers, half of which gate the others
    (Dauphin et al. 2017, https://arxiv.org/abs/1612.08083, equation 1), and what was read is added.

    In an encoder the W are around each position, in a decoder they end with it.
    """

    def __init__(self, width: int, seen: int, dropout: float, name: str, *, both_ways: bool) -> None:
        super().__init__(name=name, autocast=False)
        self.width, self.seen = width, seen
        self.before = seen // 2 if both_ways else seen - 1
        self.both_ways = both_ways
        self.dropout = CheapDropout(dropout, name="dropout")
        # Section 3.5: a gate halves what it lets through, and dropout scales up what it keeps.
        spread = (4.0 * (1.0 - dropout) / (seen * width)) ** 0.5
        self.value_gate = Linear(seen * width, 2 * width, "value_gate", spread=spread)

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        self.value_gate.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`; padding is read as zeros, as what lies beyond both ends is."""
        read = self.dropout(inputs, training=training)
        if self.both_ways:
            assert context.mask is not None
            read = read * ops.cast(ops.equal(context.mask[:, 0, 0, :, None], 0.0), read.dtype)
        length = ops.shape(inputs)[1]
        padded = ops.pad(read, [[0, 0], [self.before, self.seen - 1 - self.before], [0, 0]])
        beside = [padded[:, place : place + length] for place in range(self.seen)]
        return self._added(inputs, ops.concatenate(beside, axis=-1))

    def start(self, memory: Encoded) -> Tensor:
        """See `Part`: the window [N, W - 1, D] before anything was read."""
        return ops.zeros((ops.shape(memory.states)[0], self.seen - 1, self.width))

    def step(self, inputs: Tensor, state: Tensor) -> Result:
        """See `Part`."""
        window = ops.concatenate([state, inputs], axis=1)
        read = ops.reshape(window, (-1, 1, self.seen * self.width))
        return Result(self._added(inputs, read), window[:, 1:])

    def _added(self, inputs: Tensor, beside: Tensor) -> Tensor:
        value, gate = ops.split(ops.cast(self.value_gate(beside), "float32"), 2, axis=-1)
        return (inputs + value * ops.sigmoid(gate)) * HALF
