"""The convolutional encoder-decoder (Gehring et al. 2017, https://arxiv.org/abs/1705.03122)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from trainer.models.base import ArchitectureConfig, Preset, presets_in_words
from trainer.models.convolutional.presets import ALL, PRESETS

if TYPE_CHECKING:
    from trainer.models.convolutional.model import Convolutional


class ConvolutionalConfig(ArchitectureConfig):
    """Gated convolutions on both sides, position embeddings, and attention in every layer of the decoder; a
    preset names sizes.
    """

    costs: ClassVar[str] = (
        "training sees all positions at once; a step of search costs the same however long the target"
    )
    suits: ClassVar[str] = "short sentences, and what the pieces nearby decide: a layer sees a few at a time"

    presets: ClassVar[Mapping[str, Preset]] = ALL

    weightless = frozenset({"preset", "dropout"})
    extents = frozenset({"encoder_layers", "decoder_layers", "tied_embeddings", "learned_positions"})
    planned = ("encoder_layers", "decoder_layers", "width")

    architecture: Literal["convolutional"] = "convolutional"
    preset: Literal["tiny", "small", "base"] = Field("small", description=presets_in_words(PRESETS, {}))
    encoder_layers: int = Field(4, ge=1)
    decoder_layers: int = Field(4, ge=1)
    width: int = Field(256, ge=8, description="D")
    seen: int = Field(
        3, ge=2, description="pieces side by side that a convolution sees; each layer adds `seen` - 1 to them"
    )
    dropout: float = Field(0.2, ge=0.0, lt=0.9)
    learned_positions: int = Field(
        512, ge=1, description="places that have a vector; pieces after them all have the last"
    )
    tied_embeddings: bool = Field(True, description="output projection = target embedding, transposed")

    def also_said(self) -> frozenset[str]:
        """See `contracts.settings`: `small` came first, and its sizes are the defaults."""
        return frozenset() if self.preset == "small" else frozenset(PRESETS[self.preset])

    def __str__(self) -> str:
        """For people."""
        return f"{self.encoder_layers}+{self.decoder_layers} convolutions of width {self.width}"


def build(
    config: ConvolutionalConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> Convolutional:
    """See `trainer.models.base.Architecture`."""
    from trainer.models.convolutional.model import Convolutional

    translator = Convolutional(config, source_vocabulary, target_vocabulary, shared=shared)
    translator.build()
    return translator
