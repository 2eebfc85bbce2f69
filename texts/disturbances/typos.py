"""`typos`: letters of the source that change places, are missing, or come twice."""

from __future__ import annotations

import random
import re
from typing import Literal

from pydantic import Field

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides

_WORD = re.compile(r"[^\W\d_]{4,}")
"""Of a shorter word a typo makes another word."""


class TyposConfig(DisturbanceConfig):
    """Slips of the fingers in words of four letters or more of the source; the target stays."""

    name: Literal["typos"] = "typos"
    words: float = Field(0.1, gt=0, le=1, description="share of the words that have one; one word at least")

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        words = list(_WORD.finditer(pair.source))
        if not words:
            return None
        count = max(1, round(self.words * len(words)))
        source = pair.source
        for word in sorted(chance.sample(words, count), key=lambda match: -match.start()):
            source = source[: word.start()] + _slip(word[0], chance) + source[word.end() :]
        return None if source == pair.source else (source, pair.target)


def _slip(word: str, chance: random.Random) -> str:
    """Two letters change places, one is missing, or one comes twice; never the first."""
    place = chance.randrange(1, len(word) - 1)
    before, letter, following, after = word[:place], word[place], word[place + 1], word[place + 2 :]
    return before + chance.choice((following + letter, following, letter + letter + following)) + after
