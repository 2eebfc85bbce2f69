"""Heads of search: from what a body computed to the candidates with their log-probabilities.

A file of this folder, or of a user's folder `search_heads`, adds one. It has a class of its settings in YAML,
and a function `build`, which makes what search is given:

    class SharpConfig(HeadConfig):
        name: Literal["sharp"] = "sharp"

    def build(config: SharpConfig, resources: Resources) -> StartingDecoder:
        return BodyWithHead(resources.model, Sharp(resources.model))

A head that gives some of the pieces only says which ever come, as `BodyWithHead(..., only=pieces)`, where
the signature `constrained` is wanted: what cannot come is not asked for.

The file imports TensorFlow in its functions: a configuration is read without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import Field, SerializeAsAny

from contracts.kinds import Kind
from contracts.sections import Chosen

if TYPE_CHECKING:
    from trainer.lexicon import Lexicon
    from trainer.search.interface import Model, Pieces, StartingDecoder

HEADS = Kind("search head", "trainer.search.heads", holds=("build",))


class HeadConfig(Chosen):
    """Which pieces may come next, and how likely they are."""

    kind: ClassVar[Kind] = HEADS
    word: ClassVar[str] = "name"
    default: ClassVar[str] = "full"

    name: str = Field(description="a file of trainer/search/heads, or of a folder of your own")

    def lexicon_pairs(self) -> int:
        """From how many training pairs a lexicon (`trainer.lexicon`) is learned, by which it goes; 0: by
        none. With such a head there is no signature `constrained`, which may be asked for any piece.
        """
        return 0


AnyHead = SerializeAsAny[HeadConfig]
"""The type of a configuration's field."""


class Resources(NamedTuple):
    """What a head may make use of."""

    model: Model
    """The translator: its fast form in an export, the Keras model in the trainer's search."""
    pieces: Pieces
    stored: Callable[[Path], Model]
    """Another translator in the same form, from the folder that `trainer.store.save_translator` wrote."""
    lexicon: Lexicon | None
    """Of the training pairs, where the translator was stored with one."""
    demanded: Sequence[int]
    """Pieces that the configured constraints may ask for: a head of some of the pieces has them too."""


def build_decoder(config: HeadConfig, resources: Resources) -> StartingDecoder:
    """What search is given: the translator with the head that the configuration names."""
    with HEADS.running(config.name):
        decoder: StartingDecoder = HEADS.module(config.name).build(config, resources)
    return decoder
