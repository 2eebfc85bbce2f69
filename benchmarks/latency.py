"""How long calls take: not the mean, which hides the slow ones, but what so many in a hundred stay below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PERCENTILES = (50, 95, 99)


class Latency(NamedTuple):
    """Of many calls."""

    p50: float
    """Seconds."""
    p95: float
    p99: float
    calls: int

    @property
    def milliseconds(self) -> str:
        """`50 % / 95 % / 99 %`, for a table."""
        return " / ".join(f"{1000 * seconds:.1f}" for seconds in (self.p50, self.p95, self.p99))


def latency(seconds: Sequence[float]) -> Latency:
    """Of calls that took so many seconds each, interpolated between two of them.

    Raises:
        ValueError: there is none.
    """
    if not seconds:
        raise ValueError("no call was timed")
    return Latency(
        *(float(percentile) for percentile in np.percentile(seconds, PERCENTILES)), calls=len(seconds)
    )
