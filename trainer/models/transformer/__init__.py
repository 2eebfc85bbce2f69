"""The Transformer (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from trainer.models.base import ArchitectureConfig, Hold

if TYPE_CHECKING:
    from ctranslate2.specs import TransformerSpec

    from trainer.models.transformer.body import FastBody
    from trainer.models.transformer.model import Transformer


# tiny: Wu et al. 2021 (arXiv 2105.14462) halved in depth; base and big: Vaswani et al. 2017, table 3.
PRESETS: dict[str, dict[str, float | int]] = {
    "tiny": dict(encoder_layers=2, decoder_layers=2, width=128, feed_forward=256, heads=4, dropout=0.1),
    "small": dict(encoder_layers=3, decoder_layers=3, width=256, feed_forward=512, heads=4, dropout=0.2),
    "base": dict(encoder_layers=6, decoder_layers=6, width=512, feed_forward=2048, heads=8, dropout=0.1),
    "big": dict(encoder_layers=6, decoder_layers=6, width=1024, feed_forward=4096, heads=16, dropout=0.3),
}
_PARTS = frozenset({"encoder_layers", "decoder_layers", "feed_forward", "tied_embeddings"})
"""Keys in which two may differ, and weights of the same name and shape do the same work still. With another
width none fits; with other heads or norms all fit, and do other work.
"""
_SIZES = "; ".join(
    f"{name}: {', '.join(f'{key} {size}' for key, size in sizes.items())}" for name, sizes in PRESETS.items()
)


class TransformerConfig(ArchitectureConfig):
    """A Transformer; a preset names the common sizes, any field given beside it wins."""

    ALWAYS_SAID: ClassVar[frozenset[str]] = frozenset(
        {"encoder_layers", "decoder_layers", "width", "feed_forward", "heads", "dropout"}
    )
    """What presets fill: see `contracts.settings`."""
    costs: ClassVar[str] = (
        "training sees all positions at once; attention grows with the square of the length, a step of "
        "search with the target so far"
    )
    suits: ClassVar[str] = (
        "almost every corpus: the default, and the one with a decoder of its own for export"
    )

    architecture: Literal["transformer"] = "transformer"
    preset: Literal["tiny", "small", "base", "big"] = Field(
        "small", description=f"the defaults below are those of `small` ({_SIZES})"
    )
    encoder_layers: int = Field(3, ge=1)
    decoder_layers: int = Field(3, ge=1)
    width: int = Field(256, ge=8, description="D")
    feed_forward: int = Field(512, ge=8)
    heads: int = Field(4, ge=1, description="H; divides the width")
    norm: Literal["pre", "post"] = "pre"
    dropout: float = Field(0.2, ge=0.0, lt=0.9)
    tied_embeddings: bool = Field(True, description="output projection = target embedding, transposed")

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        preset = values.get("preset", "small")
        return {**PRESETS.get(preset, {}), **values} if isinstance(preset, str) else values

    @model_validator(mode="after")
    def _heads_divide_width(self) -> TransformerConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not divisible by heads {self.heads}")
        return self

    def shape(self) -> dict[str, Any]:
        """See `ArchitectureConfig.shape`: a preset is what it fills in, and dropout has no weights."""
        return {key: value for key, value in super().shape().items() if key not in ("preset", "dropout")}

    def common(self) -> dict[str, Any]:
        """See `ArchitectureConfig.common`."""
        return {key: value for key, value in self.shape().items() if key not in _PARTS}

    def sizes(self) -> dict[str, int]:
        """See `ArchitectureConfig.sizes`."""
        return {
            "encoder_layers": self.encoder_layers,
            "decoder_layers": self.decoder_layers,
            "width": self.width,
        }

    def __str__(self) -> str:
        """For people."""
        return f"{self.encoder_layers}+{self.decoder_layers} layers of width {self.width}"


def build(
    config: TransformerConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> Transformer:
    """See `trainer.models.base.Architecture`."""
    from trainer.models.transformer.model import Transformer

    translator = Transformer(config, source_vocabulary, target_vocabulary, shared=shared)
    translator.build()
    return translator


def fast_body(translator: Transformer, longest: int, hold: Hold) -> FastBody:
    """See `trainer.models.base.FastArchitecture`."""
    from trainer.models.transformer.body import FastBody
    from trainer.models.transformer.weights import read_weights

    return FastBody(read_weights(translator, hold), longest)


def ctranslate2_spec(translator: Transformer) -> TransformerSpec:
    """See `trainer.models.base.FastArchitecture`."""
    from trainer.models.transformer.ctranslate2 import transformer_spec

    return transformer_spec(translator)
