"""What disturbances have in common: a sentence pair in, another one out, which a model should be able to
translate, too.

A disturbance is a file in this folder, or in a folder `disturbances` of the user's: `name: upper-case` is
`upper_case.py`. It defines one subclass of `DisturbanceConfig`, with keys of its own where it needs some, and
its `disturb`. The same chance gives the same pair, so that what is made of a corpus is always the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, SerializeAsAny

from contracts.kinds import Kind
from contracts.sections import Chosen

DISTURBANCES = Kind("disturbance", "texts.disturbances", besides=("phrases", "words"))

Sides = tuple[str, str]
"""Source and target."""


@dataclass(frozen=True)
class SentencePair:
    """A normalised pair, with what disturbances ask of it."""

    source: str
    target: str
    links: tuple[tuple[int, int], ...] = ()
    """Places of words, source and target, from 0, that stand for each other, each in one link at most; a word
    is what stands between white space. Known to disturbances that `aligns`."""
    before: Sides | None = None
    """The pair before it in its corpus."""
    protected: tuple[str, ...] = ()
    """The vocabulary's pieces that stand for placeholders."""


class DisturbanceConfig(Chosen):
    """What is done to a pair."""

    kind: ClassVar[Kind] = DISTURBANCES
    word: ClassVar[str] = "name"
    defines: ClassVar[tuple[str, ...]] = ("disturb",)
    aligns: ClassVar[bool] = False
    """Whether it goes by `SentencePair.links`."""
    protects: ClassVar[bool] = False
    """Whether it goes by `SentencePair.protected`."""
    contextual: ClassVar[bool] = False
    """Whether it goes by `SentencePair.before` and puts the separator between."""

    name: str = Field(description="a file of texts/disturbances, or of a folder of your own")
    rate: float = Field(
        0.05, gt=0, le=1, description="share of the training pairs that come a second time, disturbed"
    )

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """The pair as somebody may type it; None where there is nothing in it to disturb."""
        raise NotImplementedError


AnyDisturbance = SerializeAsAny[DisturbanceConfig]
"""The type of what a configuration's field holds several of."""
