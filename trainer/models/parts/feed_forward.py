"""The feed-forward part of a block: it looks at each position alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Memory, Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Result


class Activation(NamedTuple):
    """What stands between the two maps."""

    function: Callable[[Tensor], Tensor]
    """[B, T, n F] → [B, T, F]."""
    inputs: int = 1
    """n: how many numbers make one."""


def _exact_gelu(states: Tensor) -> Tensor:
    return ops.gelu(states, approximate=False)


def _swiglu(states: Tensor) -> Tensor:
    gate, value = ops.split(states, 2, axis=-1)
    return ops.silu(gate) * value


ACTIVATIONS = {
    "relu": Activation(ops.relu),
    "gelu": Activation(_exact_gelu),
    "swiglu": Activation(_swiglu, inputs=2),
}
"""ReLU; GELU (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415, section 2); SwiGLU (Shazeer 2020,
https://arxiv.org/abs/2002.05202, equation 6, here with biases).
"""


class FeedForward(keras.layers.Layer):
    """Two linear maps with a ReLU between them (Vaswani et al. 2017, equation 2), or another of
    `ACTIVATIONS`.
    """

    def __init__(self, width: int, inner: int, dropout: float, name: str, activation: str = "relu") -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.activation = ACTIVATIONS[activation]
        self.inner = Linear(width, inner * self.activation.inputs, "inner")
        self.outer = Linear(inner, width, "outer")
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        self.inner.build()
        self.outer.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`: [B, T, D] → [B, T, D]."""
        return self.outer(self.dropout(self.activation.function(self.inner(inputs)), training=training))

    def start(self, memory: Memory) -> tuple[()]:
        """See `Part`: nothing to remember."""
        return ()

    def step(self, inputs: Tensor, state: tuple[()]) -> Result:
        """See `Part`."""
        return Result(self(inputs, context=Context()), state)
