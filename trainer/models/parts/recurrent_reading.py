"""A recurrence in the place of self-attention (Chen et al. 2018, https://arxiv.org/abs/1804.09849, section
5).

Notation: `B` batch, `T` length, `N` hypotheses, `D` model width.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.cells import CELLS, CellState
from trainer.models.parts.part import Context, Encoded, Result
from trainer.models.parts.recurrence import Recurrence


class RecurrentReading(keras.layers.Layer):
    """A `Part`: each position sees what the cell remembers of those before it; in an encoder of those after
    it, too, by a cell of the other way, each with a half of the width.
    """

    def __init__(self, width: int, cell: str, name: str, *, both_ways: bool) -> None:
        """`cell`: one of `CELLS`; `both_ways`: the width is even."""
        super().__init__(name=name, autocast=False)
        ways = ("forward", "backward") if both_ways else ("forward",)
        share = width // len(ways)
        self.ways = [
            Recurrence(CELLS[cell](width, share, "cell"), way, backward=way == "backward") for way in ways
        ]

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        for way in self.ways:
            way.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`; padding leaves a state as it is."""
        real = ops.ones_like(inputs[:, :, 0], dtype="bool")
        if len(self.ways) > 1:
            assert context.mask is not None
            real = ops.logical_and(real, ops.equal(context.mask[:, 0, 0], 0.0))
        return ops.concatenate([way(inputs, real)[0] for way in self.ways], axis=-1)

    def start(self, memory: Encoded) -> CellState:
        """See `Part`: the cell before anything was read."""
        state: CellState = self.ways[0].cell.start(memory.states)
        return state

    def step(self, inputs: Tensor, state: CellState) -> Result:
        """See `Part`, of a decoder."""
        cell = self.ways[0].cell
        state = cell.step(cell.project(inputs)[:, 0], state)
        return Result(state[0][:, None], state)
