"""The cell, the part of a block that reads with it, and the translator of such blocks.

Notation: `B` batch, `T` length of what is read, `N` hypotheses, `D` width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.attention import CrossAttention
from trainer.models.parts.block import Block, SubLayer
from trainer.models.parts.cells import Cell, CellState
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.encoder_decoder import EncoderDecoder
from trainer.models.parts.part import Context, Encoded, Result
from trainer.models.parts.recurrence import Recurrence
from trainer.models.parts.residual import Residual

if TYPE_CHECKING:
    from . import MinimalGatedConfig


class MinimalGated(Cell):
    """Minimal gated unit (Zhou et al. 2016, https://arxiv.org/abs/1603.09420).

    `f = σ(x W + h U + b)`, `g = tanh(x W + (f ∘ h) U + b)`, `h' = (1 - f) ∘ h + f ∘ g`.
    """

    gates = 2

    def step(self, projected: Tensor, state: CellState, kept: Tensor | None = None) -> CellState:
        """See `Cell`."""
        (hidden,) = state
        read = hidden if kept is None else hidden * kept
        inputs, width = ops.cast(projected, "float32"), self.width
        forget = ops.sigmoid(inputs[:, :width] + self._product(read, slice(None, width)))
        candidate = ops.tanh(inputs[:, width:] + self._product(forget * read, slice(width, None)))
        return ((1.0 - forget) * hidden + forget * candidate,)


class Reading(keras.layers.Layer):
    """A part (`trainer.models.parts.part.Part`): what the cell has read up to each position."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.recurrence = Recurrence(MinimalGated(width, width, "cell"), "recurrence")

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002 - Keras names it
        """The cell has all the weights."""
        self.recurrence.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """[B, T, D] → [B, T, D]. In a decoder padding stands behind all pieces, and changes none."""
        del training
        if context.memory is None:
            real = ops.equal(context.mask[:, 0, 0], 0.0)  # type: ignore[index]  # Encoders have one.
        else:
            real = ops.ones(ops.shape(inputs)[:2], "bool")
        states, _ = self.recurrence(inputs, real)
        return states

    def start(self, memory: Encoded) -> CellState:
        """Zeros [N, D]."""
        return self.recurrence.cell.start(memory.states)

    def step(self, inputs: Tensor, state: CellState) -> Result:
        """[N, 1, D] → [N, 1, D]."""
        cell = self.recurrence.cell
        state = cell.step(cell.project(inputs[:, 0]), state)
        return Result(state[0][:, None], state)


def make_translator(
    config: MinimalGatedConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> EncoderDecoder:
    """One block on each side."""
    width = config.width

    def block(name: str, *parts: Any) -> Block:
        return Block(
            [SubLayer(part, Residual(width, "pre", 0.0, f"{part.name}_end")) for part in parts], name
        )

    target = Embedding(target_vocabulary, width, 0.0, None, "target")
    translator = EncoderDecoder(
        config,
        target_embedding=target,
        source_embedding=target if shared else Embedding(source_vocabulary, width, 0.0, None, "source"),
        encoder=[block("encoder", Reading(width, "reading"))],
        decoder=[block("decoder", Reading(width, "reading"), CrossAttention(width, 1, "attention"))],
        encoder_norm=None,
        decoder_norm=None,
        output_projection=None,
        name="minimal_gated",
    )
    translator.build()
    return translator
