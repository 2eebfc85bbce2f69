"""The Transformer (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762), and what has been proposed in
place of its parts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from trainer.errors import ExportError
from trainer.models.base import ArchitectureConfig, Hold, Preset, presets_in_words
from trainer.models.transformer.presets import ALL, PRESETS, VARIANTS

if TYPE_CHECKING:
    from ctranslate2.specs import TransformerSpec

    from trainer.models.transformer.body import FastBody
    from trainer.models.transformer.model import Transformer


_NUMBERS = frozenset(
    {"architecture", "preset", "encoder_layers", "decoder_layers", "width", "feed_forward", "heads", "norm"}
) | {"dropout", "tied_embeddings", "learned_positions", "relative_distance", "global_pieces", "cell"}
"""Keys that make no other kind of network."""
_IN_PAIRS = ("relative", "relative-buckets")
"""Positions that are of two pieces together."""
_IN_CTRANSLATE2: dict[str, Collection[Any]] = {
    "positions": ("sinusoidal", "sinusoidal-halves", "learned"),
    "activation": ("relu", "gelu"),
    "shared_depth": (False, True),
}
"""Beside the defaults, what `transformer_spec` can say."""


class TransformerConfig(ArchitectureConfig):
    """A Transformer; a preset names sizes and kinds, any field given beside it wins."""

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

    presets: ClassVar[Mapping[str, Preset]] = ALL

    weightless = frozenset({"preset", "dropout"})
    # A window looks with the weights of attention to everything. With another width no weight fits; with
    # other heads or norms all fit, and do other work.
    extents = (
        frozenset({"encoder_layers", "decoder_layers", "feed_forward", "tied_embeddings", "embedding_width"})
        | {"encoder", "decoder"}
        | {"learned_positions", "relative_distance", "encoder_window", "decoder_window", "global_pieces"}
    )
    planned = ("encoder_layers", "decoder_layers", "width")

    architecture: Literal["transformer"] = "transformer"
    preset: Literal[
        "tiny",
        "small",
        "base",
        "big",
        "deep-shallow",
        "ssru",
        "average-attention",
        "hybrid",
        "hybrid-other-way",
        "shared-depth",
        "windowed",
        "rotary-rms-swiglu",
        "post-norm",
        "gelu-learned",
        "relative",
        "relative-buckets",
    ] = Field("small", description=presets_in_words(PRESETS, VARIANTS))
    encoder_layers: int = Field(3, ge=1)
    decoder_layers: int = Field(3, ge=1)
    width: int = Field(256, ge=8, description="D")
    feed_forward: int = Field(512, ge=8)
    heads: int = Field(4, ge=1, description="H; divides the width")
    norm: Literal["pre", "post"] = "pre"
    dropout: float = Field(0.2, ge=0.0, lt=0.9)
    tied_embeddings: bool = Field(True, description="output projection = target embedding, transposed")
    normalisation: Literal["layer", "rms"] = Field(
        "layer", description="`rms`: without mean and bias (Zhang & Sennrich 2019)"
    )
    activation: Literal["relu", "gelu", "swiglu"] = Field(
        "relu",
        description="of the feed-forward layers; `swiglu` (Shazeer 2020) has half as many weights more: give "
        "`feed_forward` two thirds for as many",
    )
    positions: Literal[
        "sinusoidal", "sinusoidal-halves", "learned", "relative", "relative-buckets", "rotary"
    ] = Field(
        "sinusoidal",
        description="how the order of pieces is known: sines and cosines in turn or in halves (Vaswani et "
        "al. 2017), a learned vector each (Gehring et al. 2017), learned vectors of distances (Shaw et al. "
        "2018), learned numbers of distances in buckets (T5), or turned queries and keys (Su et al. 2021)",
    )
    learned_positions: int = Field(
        512, ge=1, description="of `learned`: how many; pieces after them all have the last"
    )
    relative_distance: int = Field(
        16, ge=1, description="of `relative`: what is farther away, in pieces, is as far as this"
    )
    encoder: Literal["self-attention", "recurrent"] = Field(
        "self-attention",
        description="what the encoder reads with; `recurrent` (Chen et al. 2018): a cell each way",
    )
    decoder: Literal["self-attention", "average-attention", "ssru", "recurrent"] = Field(
        "self-attention",
        description="what the decoder reads its own side with: `average-attention` (Zhang et al. 2018) and "
        "`ssru` (Kim et al. 2019) remember as much after a hundred pieces as after one, as `recurrent` does",
    )
    cell: Literal["rnn", "lstm", "gru"] = Field("lstm", description="of what is `recurrent`")
    encoder_window: int | None = Field(
        None,
        ge=1,
        description="self-attention sees so many pieces on each side and the global ones (Beltagy et al. "
        "2020), at a cost that grows with the length, not with its square",
    )
    decoder_window: int | None = Field(None, ge=1, description="the same, of pieces before")
    global_pieces: int = Field(
        1,
        ge=0,
        description="with a window: the first pieces, which all see, and which see all in the encoder",
    )
    shared_depth: bool = Field(
        False, description="all layers of a side have the same weights (Lan et al. 2020)"
    )
    embedding_width: int | None = Field(
        None,
        ge=4,
        description="of the table of pieces, from which a linear map leads to the width (Lan et al. 2020)",
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> TransformerConfig:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not divisible by heads {self.heads}")
        return self

    @model_validator(mode="after")
    def _fit_together(self) -> TransformerConfig:
        depth = self.width // self.heads
        windows = {"encoder_window": self.encoder_window, "decoder_window": self.decoder_window}
        limited = [f"{name}: {window}" for name, window in windows.items() if window]
        if self.positions == "rotary" and depth % 2:
            raise ValueError(
                f"positions: rotary turns pairs of numbers, and a head has width / heads = {depth}: give an "
                "even number"
            )
        if self.positions in _IN_PAIRS and limited:
            raise ValueError(
                f"positions: {self.positions} needs every two pieces side by side, and {limited[0]} works in "
                "blocks: give rotary, sinusoidal or learned positions, or no window"
            )
        for side in ("encoder", "decoder"):
            reader = getattr(self, side)
            if reader != "self-attention" and windows[f"{side}_window"]:
                raise ValueError(
                    f"{side}_window is of self-attention, and {side}: {reader} has none: what it remembers "
                    "is of a fixed size without a window"
                )
        if self.encoder == "recurrent" and self.width % 2:
            raise ValueError(
                f"encoder: recurrent gives each way a half of the width, and {self.width} is odd"
            )
        if self.decoder == "average-attention" and self.positions in ("rotary", *_IN_PAIRS):
            raise ValueError(
                f"positions: {self.positions} is known to self-attention alone, and decoder: "
                "average-attention is a mean, which knows no order: give sinusoidal or learned positions"
            )
        if self.embedding_width and self.embedding_width >= self.width:
            raise ValueError(
                f"embedding_width: {self.embedding_width} saves nothing at width {self.width}: give less, or "
                "leave it out"
            )
        return self

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        read_with = {
            "learned_positions": ("positions: learned", self.positions == "learned"),
            "relative_distance": ("positions: relative", self.positions == "relative"),
            "global_pieces": (
                "encoder_window or decoder_window",
                bool(self.encoder_window or self.decoder_window),
            ),
            "cell": (
                "encoder: recurrent or decoder: recurrent",
                "recurrent" in (self.encoder, self.decoder),
            ),
        }
        idle = {
            key: f"{key}: {getattr(self, key)} is read with {reader} alone: leave it out, or give that "
            "beside it"
            for key, (reader, there) in read_with.items()
            if not there
        }
        if self.positions in ("rotary", *_IN_PAIRS) and "self-attention" not in (self.encoder, self.decoder):
            idle["positions"] = (
                f"positions: {self.positions} is known to self-attention alone, and with encoder: "
                f"{self.encoder} and decoder: {self.decoder} there is none: leave it out"
            )
        if self.encoder_layers == self.decoder_layers == 1:
            idle["shared_depth"] = (
                "shared_depth is of several layers of a side, and each has one: leave it out, or give more"
            )
        return idle

    def also_said(self) -> frozenset[str]:
        """See `contracts.settings`: beside a preset of another kind the default is a choice."""
        return frozenset(VARIANTS.get(self.preset, ()))

    def beyond(self, known: Mapping[str, Collection[Any]]) -> list[str]:
        """What makes it another kind of network than the defaults do, as `positions: rotary`, where it is not
        among the `known` values of its key.
        """
        return [
            f"{name}: {value}"
            for name, field in type(self).model_fields.items()
            if name not in _NUMBERS
            and (value := getattr(self, name)) != field.default
            and value not in known.get(name, ())
        ]

    def __str__(self) -> str:
        """For people."""
        layers = f"{self.encoder_layers}+{self.decoder_layers} layers of width {self.width}"
        return ", ".join([layers, *self.beyond({})])


def build(
    config: TransformerConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> Transformer:
    """See `trainer.models.base.Architecture`."""
    from trainer.models.transformer.model import Transformer

    translator = Transformer(config, source_vocabulary, target_vocabulary, shared=shared)
    translator.build()
    return translator


def fast_body(translator: Transformer, longest: int, hold: Hold) -> FastBody | None:
    """See `trainer.models.base.FastArchitecture`: it knows the network of the defaults, of any size."""
    if translator.config.beyond({}):
        return None
    from trainer.models.transformer.body import FastBody
    from trainer.models.transformer.weights import read_weights

    return FastBody(read_weights(translator, hold), longest)


def ctranslate2_spec(translator: Transformer) -> TransformerSpec:
    """See `trainer.models.base.FastArchitecture`.

    Raises:
        ExportError: the network has what is not known there, or not converted.
    """
    if beyond := translator.config.beyond(_IN_CTRANSLATE2):
        raise ExportError(
            f"a Transformer with {', '.join(beyond)} has no form for CTranslate2 here: serve the SavedModel"
        )
    from trainer.models.transformer.ctranslate2 import transformer_spec

    return transformer_spec(translator)
