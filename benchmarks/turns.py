"""Two ways of one work, strictly in turn, so that what a machine does meanwhile falls on both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SAME = 0.5
"""Share of two ways' translations that have to be the same: roundings may tip some."""
_DRAWS = 4000


class Ratio(NamedTuple):
    """How many times as fast the new way is."""

    median: float
    low: float
    high: float
    """The median's interval of 95 %, from the bootstrap of the rounds."""

    @property
    def text(self) -> str:
        """With its interval, for a table."""
        return f"{self.median:.3f} | {self.low:.3f} to {self.high:.3f}"


def order(number: int, ways: int = 2) -> tuple[int, ...]:
    """In which order the ways go in round `number`: forwards (0 is the old one) and backwards change about,
    as the second finds warm caches.
    """
    forwards = tuple(range(ways))
    return forwards if number % 2 else forwards[::-1]


def ratio(rounds: Sequence[tuple[float, float]]) -> Ratio:
    """Of the seconds that old and new took in each round, for the same or for one of what they did.

    Raises:
        ValueError: there is no round.
    """
    if not rounds:
        raise ValueError("nothing was measured")
    ratios = np.array([old / new for old, new in rounds])
    drawn = np.random.default_rng(1).choice(ratios, (_DRAWS, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return Ratio(float(np.median(ratios)), float(low), float(high))
