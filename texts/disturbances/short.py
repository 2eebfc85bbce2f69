"""`short`: a few words of the source with those that stand for them."""

from __future__ import annotations

import random
from typing import ClassVar, Literal

from pydantic import Field

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides
from texts.disturbances.phrases import phrases
from texts.disturbances.words import MARKS


class ShortConfig(DisturbanceConfig):
    """A part of a sentence alone; which words stand for which an aligner says."""

    name: Literal["short"] = "short"
    aligns: ClassVar[bool] = True
    words: int = Field(4, ge=1, description="of the source at most")

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        sources, targets = pair.source.split(), pair.target.split()
        parts = [
            part
            for part in phrases(pair.links, self.words)
            if part.end - part.begin < len(sources) and part.last - part.first < len(targets)
        ]
        if not parts:
            return None
        part = chance.choice(parts)
        source = " ".join(sources[part.begin : part.end]).strip(MARKS)
        target = " ".join(targets[part.first : part.last]).strip(MARKS)
        return (source, target) if source and target else None
