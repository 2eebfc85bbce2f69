"""A recurrent translator, as somebody adds one: this file, and no other line."""

from __future__ import annotations

from typing import Any, Literal

import keras
from pydantic import Field

from trainer.models.base import ArchitectureConfig, Tensor, Translator
from trainer.models.parts.attention import CrossAttention
from trainer.models.parts.block import Block, SubLayer
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.encoder_decoder import EncoderDecoder
from trainer.models.parts.part import Context, Encoded, Result
from trainer.models.parts.residual import Residual


class GatedConfig(ArchitectureConfig):
    """Gated recurrent units (Cho et al. 2014) on both sides, with attention."""

    architecture: Literal["gated"] = "gated"
    width: int = Field(16, ge=8)


class Recurrence(keras.layers.Layer):
    """A part: what has been read, in one vector."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.gates = keras.layers.GRU(width, return_sequences=True, use_cudnn=False, name="gates")

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002 - Keras names it
        self.gates.build((None, None, self.width))
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        del context, training
        return self.gates(inputs)

    def start(self, memory: Encoded) -> Tensor:
        return keras.ops.zeros_like(memory.states[:, 0])

    def step(self, inputs: Tensor, state: Tensor) -> Result:
        outputs, (state,) = self.gates.cell(inputs[:, 0], [state])
        return Result(outputs[:, None], state)


def build(config: GatedConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool) -> Translator:
    width = config.width

    def block(name: str, *, cross: bool) -> Block:
        parts: list[Any] = [Recurrence(width, "recurrence")]
        parts += [CrossAttention(width, 1, "attention")] if cross else []
        return Block(
            [SubLayer(part, Residual(width, "pre", 0.0, f"{part.name}_end")) for part in parts], name
        )

    target = Embedding(target_vocabulary, width, 0.0, None, "target")
    translator = EncoderDecoder(
        config,
        target_embedding=target,
        source_embedding=target if shared else Embedding(source_vocabulary, width, 0.0, None, "source"),
        encoder=[block("encoder", cross=False)],
        decoder=[block("decoder", cross=True)],
        encoder_norm=None,
        decoder_norm=None,
        output_projection=None,
        name="gated",
    )
    translator.build()
    return translator
