"""`no-end`: sentences without the mark that ends them"""

from __future__ import annotations

import random
import re
from typing import Literal

from texts.disturbances.base import DisturbanceConfig, SentencePair, Sides

_END = re.compile(r"\s*[.!?…。！？]+$")


class NoEndConfig(DisturbanceConfig):
    """Both sides without their full stop, question mark or exclamation mark."""

    name: Literal["no-end"] = "no-end"

    def disturb(self, pair: SentencePair, chance: random.Random) -> Sides | None:
        """See `DisturbanceConfig`."""
        del chance
        source, target = _END.sub("", pair.source), _END.sub("", pair.target)
        changed = source != pair.source and target != pair.target
        return (source, target) if changed and source and target else None
