"""The names of the length slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def slice_names(upper_bounds: Sequence[int]) -> list[str]:
    """All slices' names, from short to long; with no bounds there is one, `all`."""
    bounds = sorted(set(upper_bounds))
    if not bounds:
        return ["all"]
    middle = [f"{low + 1}–{high}" for low, high in pairwise(bounds)]
    return [f"≤ {bounds[0]}", *middle, f"> {bounds[-1]}"]
