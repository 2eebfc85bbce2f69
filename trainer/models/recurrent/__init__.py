"""Recurrent encoder-decoders: Sutskever et al. 2014 (https://arxiv.org/abs/1409.3215) and Cho et al. 2014
(https://arxiv.org/abs/1406.1078) without attention, Bahdanau et al. 2015 (https://arxiv.org/abs/1409.0473)
and Luong et al. 2015 (https://arxiv.org/abs/1508.04025) with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from trainer.models.base import ArchitectureConfig, Preset, presets_in_words
from trainer.models.recurrent.presets import ALL, PRESETS, VARIANTS

if TYPE_CHECKING:
    from trainer.models.recurrent.model import Recurrent

_OF_ATTENTION = ("score", "scale", "scope", "reach", "input_feeding", "heads", "hard")


class RecurrentConfig(ArchitectureConfig):
    """A recurrent encoder-decoder, with attention or without; a preset names sizes and kinds.

    Any field given beside it wins.
    """

    ALWAYS_SAID: ClassVar[frozenset[str]] = frozenset(
        {"encoder_layers", "decoder_layers", "width", "dropout", "score"}
    )
    """What presets fill, and what goes by the attention: see `contracts.settings`."""
    costs: ClassVar[str] = (
        "training goes piece by piece; a step of search costs the same however long the target"
    )
    suits: ClassVar[str] = "short sentences, small machines, and to see what attention is for"

    presets: ClassVar[Mapping[str, Preset]] = ALL

    weightless = frozenset({"preset", "dropout", "recurrent_dropout", "variational"})
    extents = frozenset({"encoder_layers", "decoder_layers", "tied_embeddings"})
    planned = ("cell", "encoder_layers", "decoder_layers", "width", "attention")

    architecture: Literal["recurrent"] = "recurrent"
    preset: Literal[
        "tiny",
        "small",
        "base",
        "big",
        "elman",
        "sutskever",
        "cho",
        "mean-context",
        "bahdanau",
        "bahdanau-normalised",
        "luong",
        "luong-dot",
        "luong-concat",
        "luong-local",
        "luong-local-m",
        "luong-heads",
        "luong-hard",
        "cosine",
        "deep-residual",
    ] = Field("small", description=presets_in_words(PRESETS, VARIANTS))
    cell: Literal["rnn", "lstm", "gru"] = Field(
        "lstm", description="plain, long short-term memory, gated unit"
    )
    encoder_layers: int = Field(2, ge=1)
    decoder_layers: int = Field(2, ge=1)
    width: int = Field(256, ge=8, description="D, of embeddings and states; each way has a half of it")
    bidirectional: bool = Field(True, description="the encoder reads both ways; the width is even then")
    reverse_source: bool = Field(
        False, description="the encoder reads from the last piece to the first (Sutskever et al. 2014)"
    )
    residual: bool = Field(False, description="around each layer but the first (Wu et al. 2016)")
    dropout: float = Field(0.2, ge=0.0, lt=0.9, description="of what layers and the output layer read")
    recurrent_dropout: float = Field(
        0.0, ge=0.0, lt=0.9, description="of what a state reads of itself, one draw for a sentence"
    )
    variational: bool = Field(
        False, description="`dropout` too draws once for a sentence (Gal and Ghahramani 2016)"
    )
    context: Literal["last", "transformed", "mean"] = Field(
        "last",
        description="of the source: the encoder's last state, tanh(h W + b) of it, or the mean of all states",
    )
    context_enters: Literal["start", "every-step", "both"] = Field(
        "start", description="the decoder: as its first state, with each piece, or both (Cho et al. 2014)"
    )
    attention: Literal["none", "luong", "bahdanau"] = Field(
        "luong",
        description="luong: by the state that has read the last piece, for the output; bahdanau: by the "
        "state before it, for the state",
    )
    score: Literal["dot", "general", "additive", "cosine"] = Field(
        "general", description="`additive` with bahdanau, if not given; Luong's concat is additive"
    )
    scale: Literal["none", "root", "learned"] = Field(
        "none",
        description="of the score: (D/H)^-0.5, or a factor that is learned, by which additive is normalised",
    )
    scope: Literal["global", "local-m", "local-p"] = Field(
        "global", description="all of the source, or around the target's place, or around a predicted one"
    )
    reach: int = Field(10, ge=1, description="pieces that local attention sees on each side")
    input_feeding: bool = Field(False, description="the decoder reads what luong gave for the piece before")
    heads: int = Field(1, ge=1, description="H, of the attention; divides the width")
    hard: bool = Field(False, description="after training only the piece with the largest weight is seen")
    tied_embeddings: bool = Field(True, description="output projection = target embedding, transposed")

    @model_validator(mode="before")
    @classmethod
    def _fill_score(cls, values: object) -> object:
        """Before the preset's: what somebody writes wins over both."""
        if isinstance(values, dict) and values.get("attention") == "bahdanau":
            return {"score": "additive", **values}
        return values

    @model_validator(mode="after")
    def _fit_together(self) -> RecurrentConfig:
        for wrong in self._wrong():
            raise ValueError(wrong)
        return self

    def _wrong(self) -> Iterator[str]:
        """Why it cannot be, where it cannot."""
        if self.bidirectional and self.width % 2:
            yield f"width {self.width} is odd, and each way of a bidirectional encoder has a half of it"
        if self.width % self.heads:
            yield f"width {self.width} is not divisible by heads {self.heads}"
        if self.attention != "none":
            yield from self._wrong_attention()

    def _wrong_attention(self) -> Iterator[str]:
        if self.context_enters != "start":
            yield (
                f"context_enters: {self.context_enters} is for attention: none; attention gives a context of "
                "its own to every step"
            )
        if self.attention == "bahdanau" and self.input_feeding:
            yield "input_feeding is luong's: what bahdanau looks at enters the decoder's state already"
        if self.scale == "root" and self.score in ("additive", "cosine"):
            yield f"scale: root is for sums of D/H products, and score: {self.score} is none: take learned"

    def unread(self) -> dict[str, str]:
        """See `Section`."""
        idle = {}
        if self.bidirectional:
            idle["reverse_source"] = (
                "reverse_source says nothing to a bidirectional encoder, which reads both ways"
            )
        if self.encoder_layers == self.decoder_layers == 1:
            idle["residual"] = "residual is of layers beyond the first, and there are none"
        if not self.dropout:
            idle["variational"] = "variational is a form of dropout, which is 0"
        if self.attention == "none":
            for key in _OF_ATTENTION:
                idle[key] = f"{key}: {getattr(self, key)} is a form of attention, and attention is none"
        elif self.scope == "global":
            idle["reach"] = f"reach: {self.reach} is of local attention, and scope is global"
        return idle

    def also_said(self) -> frozenset[str]:
        """See `contracts.settings`: beside a preset of another kind the default is a choice."""
        return frozenset(VARIANTS.get(self.preset, ()))

    @property
    def attends(self) -> bool:
        """See `ArchitectureConfig.attends`."""
        return self.attention != "none"

    def __str__(self) -> str:
        """For people: `lstm, 2+2 layers of width 256, luong general attention`."""
        looks = f"{self.attention} {self.score}" if self.attention != "none" else "no"
        layers = f"{self.encoder_layers}+{self.decoder_layers} layers of width {self.width}"
        return f"{self.cell}, {layers}, {looks} attention"


def build(
    config: RecurrentConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
) -> Recurrent:
    """See `trainer.models.base.Architecture`."""
    from trainer.models.recurrent.model import Recurrent

    translator = Recurrent(config, source_vocabulary, target_vocabulary, shared=shared)
    translator.build()
    return translator
