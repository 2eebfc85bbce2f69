"""A block: parts one after another, each in its residual.

Notation: `B` batch, `T` length of what is read, `N` hypotheses, `S` source length, `D` model width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from trainer.models.base import State, Tensor
from trainer.models.parts.part import Context, Encoded, Part, Result, explain
from trainer.models.parts.residual import Residual


class SubLayer(NamedTuple):
    """A part and what stands around it."""

    part: Part
    residual: Residual


class Block(keras.layers.Layer):
    """Sub-layers; itself a `Part`."""

    def __init__(self, sublayers: Sequence[SubLayer], name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.sublayers = list(sublayers)

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        for part, residual in self.sublayers:
            part.build(input_shape)
            residual.build(input_shape)
        self.built = True

    def explain(
        self, states: Tensor, context: Context, training: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """See `ExplainingPart`; a call, too, which keeps the weights of its parts float32."""
        explained: tuple[Tensor, Tensor | None] = self(
            states, context=context, training=training, explained=True
        )
        return explained

    def call(
        self, states: Tensor, context: Context, training: bool = False, explained: bool = False
    ) -> Tensor | tuple[Tensor, Tensor | None]:
        """See `Part`, or where it is `explained`, `ExplainingPart`."""
        heads = None
        for part, residual in self.sublayers:
            inputs = residual.before(states)
            outputs, here = explain(part, inputs, context, training=training)
            heads = heads if here is None else here
            states = residual.after(states, outputs, training=training)
        return (states, heads) if explained else states

    def start(self, memory: Encoded) -> tuple[State, ...]:
        """See `Part`: what each part remembers."""
        return tuple(part.start(memory) for part, _ in self.sublayers)

    def step(self, states: Tensor, state: tuple[State, ...]) -> Result:
        """See `Part`; the heads are those of the last part that looks at the memory."""
        reached, heads = [], None
        for (part, residual), before in zip(self.sublayers, state, strict=True):
            result = part.step(residual.before(states), before)
            states = residual.after(states, result.outputs)
            reached.append(result.state)
            heads = heads if result.heads is None else result.heads
        return Result(states, tuple(reached), heads)
