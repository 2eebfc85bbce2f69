"""The context: what of the source a decoder is told beside what it looks up.

Notation: `B` batch, `D` model width.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.cells import CELLS, Cell, CellState
from trainer.models.parts.linear import Linear
from trainer.models.recurrent import RecurrentConfig
from trainer.models.recurrent.encoder import Read


class SourceContext(keras.layers.Layer):
    """The encoder's last state, a transformation of it (Cho et al. 2014, appendix A.1.1), or the mean of all
    states; and the decoder's first states, which come of it.
    """

    def __init__(self, config: RecurrentConfig, name: str = "context") -> None:
        super().__init__(name=name, autocast=False)
        width = config.width
        self.form, self.depth = config.context, config.decoder_layers
        self.starts = config.context_enters != "every-step"
        self.zeros = CELLS[config.cell].states - 1
        self.transformation = Linear(width, width, "transformation") if self.form == "transformed" else None
        bridged = self.starts and self.form != "last"
        self.bridges = [Linear(width, width, f"bridge_{index}") for index in range(self.depth * bridged)]

    def build(self, input_shape: Any = None) -> None:
        """States are of width D."""
        for layer in (*([self.transformation] if self.transformation else ()), *self.bridges):
            layer.build()
        self.built = True

    def call(self, read: Read) -> Tensor:
        """One vector [B, D] float32."""
        if self.form == "mean":
            return ops.sum(read.states * read.real[:, :, None], axis=1) / ops.sum(
                read.real, axis=1, keepdims=True
            )
        last = read.last[-1][0]
        return last if self.transformation is None else _squashed(self.transformation, last)

    def first(self, read: Read, context: Tensor, cells: list[Cell]) -> tuple[CellState, ...]:
        """The decoder's states before its first step.

        As Sutskever et al. 2014, each layer begins where the encoder's layer of its number has ended: one
        above them all where the topmost has, and those of a decoder with fewer layers where the topmost ones
        have, so that nothing is read in vain; from a context that is no state, at `tanh(c W + b)`.
        """
        if not self.starts:
            return tuple(cell.start(context) for cell in cells)
        if not self.bridges:
            layers = len(read.last)
            above = max(0, layers - self.depth)
            return tuple(read.last[min(above + index, layers - 1)] for index in range(self.depth))
        empty = (ops.zeros_like(context),) * self.zeros
        return tuple((_squashed(bridge, context), *empty) for bridge in self.bridges)


def _squashed(layer: Linear, states: Tensor) -> Tensor:
    return ops.tanh(ops.cast(layer(states), "float32"))
