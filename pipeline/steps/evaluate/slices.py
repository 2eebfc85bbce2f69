"""Length slices: how long a source sentence is, in words, and the name of the slice that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.slices import slice_names
from texts.cleaning.measures.lengths import words

SliceKey = tuple[str, str]
"""Feature and value of a slice: `("corpus", "news")`."""


def length_slice(source: str, upper_bounds: Sequence[int]) -> str:
    """The slice's name: `≤ 10`, `11–20`, … `> 40` for upper bounds 10, 20, 40."""
    length = len(words(source))
    bounds = sorted(set(upper_bounds))
    names = slice_names(bounds)
    return next((name for name, bound in zip(names, bounds, strict=False) if length <= bound), names[-1])
