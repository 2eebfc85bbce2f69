"""`placeholders`: protected pieces in the place of words that stand for each other, and around them.

What a user has in a text, as `{name}`, `%s` or an address, is asked as such a piece, and a tag with its end
as two, a space between them and what is inside. Numbers, names and addresses are the same on both sides and
become a piece; of other words an aligner says which stand for which.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides
from texts.disturbances.phrases import phrases
from texts.disturbances.words import core, with_core

_LONGEST = 3
"""Words of the source between a tag and its end."""


class PlaceholdersConfig(DisturbanceConfig):
    """Pieces for placeholders in the place of words; needs `vocabulary.protected`."""

    name: Literal["placeholders"] = "placeholders"
    aligns: ClassVar[bool] = True
    protects: ClassVar[bool] = True
    rate: float = Field(
        0.1, gt=0, le=1, description="share of the training pairs that come a second time, with placeholders"
    )
    most: int = Field(3, ge=1, description="placeholders of a sentence at most")
    tags: float = Field(
        0.3, ge=0, le=1, description="share of these sentences that have two pieces around words, as a tag"
    )

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        sources, targets = pair.source.split(), pair.target.split()
        links = _same(sources, targets)
        links += [link for link in pair.links if not _meets(link, links)]
        links = [link for link in links if core(sources[link[0]]) and core(targets[link[1]])]
        free = chance.sample(pair.protected, len(pair.protected))
        if not links or not free:
            return None
        is_tagged = chance.random() < self.tags and len(free) > 1
        tag = (free.pop(), free.pop()) if is_tagged else None
        count = min(chance.randint(0 if tag else 1, self.most), len(links), len(free))
        for source, target in chance.sample(links, count):
            piece = free.pop()
            sources[source] = with_core(sources[source], piece)
            targets[target] = with_core(targets[target], piece)
        if tag:
            phrase = chance.choice(phrases(links, _LONGEST))
            _wrap(sources, phrase.begin, phrase.end, tag)
            _wrap(targets, phrase.first, phrase.last, tag)
        return " ".join(sources), " ".join(targets)


def _wrap(words: list[str], begin: int, end: int, tag: tuple[str, str]) -> None:
    """Put the pieces around words, within the marks that are around these."""
    words[begin] = with_core(words[begin], f"{tag[0]} {core(words[begin])}")
    words[end - 1] = with_core(words[end - 1], f"{core(words[end - 1])} {tag[1]}")


def _same(sources: Sequence[str], targets: Sequence[str]) -> list[tuple[int, int]]:
    """Words that are on both sides, once on each: numbers, names, addresses."""
    left, right = [core(word) for word in sources], [core(word) for word in targets]
    return [
        (place, right.index(word))
        for place, word in enumerate(left)
        if word and left.count(word) == right.count(word) == 1
    ]


def _meets(link: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(link[0] == source or link[1] == target for source, target in others)
