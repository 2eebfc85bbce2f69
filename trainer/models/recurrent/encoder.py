"""The encoder: layers of recurrences over the source, one way or both.

Notation: `B` batch, `S` source length, `D` model width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.cells import CELLS, CellState
from trainer.models.parts.recurrence import Recurrence
from trainer.models.parts.sequence_dropout import SequenceDropout
from trainer.models.recurrent import RecurrentConfig


class Read(NamedTuple):
    """What has been read of the source."""

    states: Tensor
    """[B, S, D] float32, of each piece at its place, whatever the order of reading."""
    real: Tensor
    """[B, S] float32: 1 where there is a piece, 0 on padding."""
    last: tuple[CellState, ...]
    """Of each layer the cell's state when all has been read, [B, D] each: of two ways, of each when it
    has.
    """


class RecurrentEncoder(keras.layers.Layer):
    """Each layer reads what the one below it gives; with two ways each has a half of the width."""

    def __init__(self, config: RecurrentConfig, name: str = "encoder") -> None:
        super().__init__(name=name, autocast=False)
        self.residual, self.reverse = config.residual, config.reverse_source
        ways = ("forward", "backward") if config.bidirectional else ("forward",)
        cell, share = CELLS[config.cell], config.width // len(ways)
        self.layers = [
            [
                Recurrence(
                    cell(config.width, share, "cell"), f"layer_{index}_{way}", backward=way != "forward"
                )
                for way in ways
            ]
            for index in range(config.encoder_layers)
        ]
        self.dropouts = [
            SequenceDropout(config.dropout, f"dropout_{index}", variational=config.variational)
            for index in range(config.encoder_layers)
        ]
        self.recurrent_dropout = SequenceDropout(
            config.recurrent_dropout, "recurrent_dropout", variational=True
        )
        self.share = share

    def build(self, input_shape: Any = None) -> None:
        """Embeddings are of width D."""
        for ways in self.layers:
            for way in ways:
                way.build()
        self.built = True

    def call(self, vectors: Tensor, real: Tensor, training: bool = False) -> Read:
        """Embeddings [B, S, D], and `real` [B, S] bool: false on padding."""
        order = _reversed(real)[:, :, None]
        states = ops.take_along_axis(vectors, order, axis=1) if self.reverse else vectors
        last = []
        for index, (ways, dropout) in enumerate(zip(self.layers, self.dropouts, strict=True)):
            inputs = dropout(states, training=training)
            read = [way(inputs, real, self._kept(states, training)) for way in ways]
            hidden = ops.concatenate([states for states, _ in read], axis=-1)
            states = states + hidden if self.residual and index else hidden
            ends = zip(*(end for _, end in read), strict=True)
            last.append(tuple(ops.concatenate(parts, axis=-1) for parts in ends))
        # A permutation that is its own inverse.
        states = ops.take_along_axis(states, order, axis=1) if self.reverse else states
        return Read(states, ops.cast(real, "float32"), tuple(last))

    def _kept(self, states: Tensor, training: bool) -> Tensor | None:
        kept = self.recurrent_dropout.kept(states[:, :, : self.share], training=training)
        return None if kept is None else kept[:, 0]


def _reversed(real: Tensor) -> Tensor:
    """[B, S] → the places [B, S] int32 of the pieces from the last to the first; the end and what comes after
    it stay (Sutskever et al. 2014, section 3.3, reverse the words alone).
    """
    places = ops.arange(ops.shape(real)[1])[None]
    end = ops.sum(ops.cast(real, "int32"), axis=1, keepdims=True) - 1
    return ops.where(places < end, end - 1 - places, places)
