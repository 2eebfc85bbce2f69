"""The feed-forward part of a block: it looks at each position alone."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Memory, Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Result


class FeedForward(keras.layers.Layer):
    """Two linear maps with a ReLU between them (Vaswani et al. 2017, equation 2)."""

    def __init__(self, width: int, inner: int, dropout: float, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.inner = Linear(width, inner, "inner")
        self.outer = Linear(inner, width, "outer")
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        self.inner.build()
        self.outer.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`: [B, T, D] → [B, T, D]."""
        return self.outer(self.dropout(ops.relu(self.inner(inputs)), training=training))

    def start(self, memory: Memory) -> tuple[()]:
        """See `Part`: nothing to remember."""
        return ()

    def step(self, inputs: Tensor, state: tuple[()]) -> Result:
        """See `Part`."""
        return Result(self(inputs, context=Context()), state)
