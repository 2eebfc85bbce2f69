"""The average attention network (Zhang et al. 2018, https://arxiv.org/abs/1805.00631).

Notation: `B` batch, `T` length, `N` hypotheses, `D` model width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.feed_forward import FeedForward
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Encoded, Result


class Average(NamedTuple):
    """What has been read, of one size however much that was."""

    sums: Tensor
    """[N, D]"""
    pieces: Tensor
    """[N, 1] float32: how many."""


class AverageAttention(keras.layers.Layer):
    """A `Part` of a decoder: each position sees the mean of all up to itself through a feed-forward layer
    (equation 1), and gates choose between that and itself (equations 2 and 3).
    """

    def __init__(self, width: int, feed_forward: FeedForward, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.feed_forward = feed_forward
        self.gates = Linear(2 * width, 2 * width, "gates")

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        self.feed_forward.build()
        self.gates.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`."""
        counts = ops.arange(1, ops.shape(inputs)[1] + 1, dtype="float32")
        means = ops.cumsum(inputs, axis=1) / counts[None, :, None]
        return self._gated(inputs, means, context, training)

    def start(self, memory: Encoded) -> Average:
        """See `Part`: nothing has been read."""
        rows = ops.shape(memory.states)[0]
        return Average(ops.zeros((rows, self.width)), ops.zeros((rows, 1)))

    def step(self, inputs: Tensor, state: Average) -> Result:
        """See `Part`."""
        state = Average(state.sums + inputs[:, 0], state.pieces + 1.0)
        means = ops.divide(state.sums, state.pieces)[:, None]
        return Result(self._gated(inputs, means, Context(), training=False), state)

    def _gated(self, inputs: Tensor, means: Tensor, context: Context, training: bool) -> Tensor:
        seen = ops.cast(self.feed_forward(means, context=context, training=training), "float32")
        gates = ops.cast(self.gates(ops.concatenate([inputs, seen], axis=-1)), "float32")
        of_itself, of_mean = ops.split(ops.sigmoid(gates), 2, axis=-1)
        return of_itself * inputs + of_mean * seen
