"""`upper-case`: BOTH SIDES IN CAPITALS."""

from __future__ import annotations

import random
from typing import Literal

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides


class UpperCaseConfig(DisturbanceConfig):
    """Both sides in capitals."""

    name: Literal["upper-case"] = "upper-case"

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        del chance
        upper = pair.source.upper(), pair.target.upper()
        return None if upper == (pair.source, pair.target) else upper
