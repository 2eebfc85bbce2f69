"""A cell along a sequence.

Notation: `B` batch, `T` length, `I` width of the inputs, `D` width of the state.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.cells import Cell, CellState
from trainer.models.parts.scan import scan


class Recurrence(keras.layers.Layer):
    """One way through a sequence, as one scan: padding leaves the state as it is."""

    def __init__(self, cell: Cell, name: str, *, backward: bool = False) -> None:
        super().__init__(name=name, autocast=False)
        self.cell, self.backward = cell, backward

    def build(self, input_shape: Any = None) -> None:
        """The cell has all the weights."""
        self.cell.build()
        self.built = True

    def call(self, inputs: Tensor, real: Tensor, kept: Tensor | None = None) -> tuple[Tensor, CellState]:
        """Inputs [B, T, I] → `h` [B, T, D] at each position, and the state at the end (backward: at the
        beginning).

        Args:
            real: [B, T] bool, false on padding.
            kept: see `Cell.step`; one for all positions (Gal and Ghahramani 2016).
        """

        def advance(state: CellState, here: list[Tensor]) -> CellState:
            projected, is_real = here
            moved = self.cell.step(projected, state, kept)
            return tuple(
                ops.where(ops.greater(is_real, 0.0), new, old) for new, old in zip(moved, state, strict=True)
            )

        read = [self.cell.project(inputs), real[:, :, None]]
        if self.backward:
            read = [ops.flip(part, axis=1) for part in read]
        last, states = scan(advance, self.cell.start(inputs), read)
        return ops.flip(states[0], axis=1) if self.backward else states[0], last
