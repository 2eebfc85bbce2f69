"""`two-sentences`: a pair behind the one before it, as one."""

from __future__ import annotations

import random
from typing import Literal

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides


class TwoSentencesConfig(DisturbanceConfig):
    """Two neighbours in one."""

    name: Literal["two-sentences"] = "two-sentences"

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        del chance
        if pair.before is None:
            return None
        return _joined(pair.before[0], pair.source), _joined(pair.before[1], pair.target)


def _joined(first: str, second: str) -> str:
    """With a space, unless neither has one, as in Chinese."""
    return first + (" " if " " in first + second else "") + second
