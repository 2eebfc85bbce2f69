"""`context`: a source behind the one before it in its corpus; the target stays that of the second."""

from __future__ import annotations

import random
from typing import ClassVar, Literal

from contracts.vocabulary import SEPARATOR
from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides


class ContextConfig(DisturbanceConfig):
    """The sentence before goes along, as in Tiedemann and Scherrer 2017 (https://aclanthology.org/W17-4811,
    "2 + 1"); needs `vocabulary.context`, and corpora in the order of their texts."""

    contextual: ClassVar[bool] = True

    name: Literal["context"] = "context"

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        del chance
        return None if pair.before is None else (with_context(pair.source, pair.before[0]), pair.target)


def with_context(source: str, before: str) -> str:
    """A source as a model that was trained so is asked with the one before it."""
    return f"{before} {SEPARATOR} {source}"
