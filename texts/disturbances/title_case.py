"""`title-case`: Each Word With a Capital, on Both Sides, as Headlines Have It."""

from __future__ import annotations

import random
from typing import Literal

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides


class TitleCaseConfig(DisturbanceConfig):
    """Each word of both sides with a capital."""

    name: Literal["title-case"] = "title-case"

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        del chance
        titled = _titled(pair.source), _titled(pair.target)
        return None if titled == (pair.source, pair.target) else titled


def _titled(text: str) -> str:
    """Not `str.title`, which writes `Don'T`."""
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
