"""Where each character of a normalised text stood in the text as it was written.

Offsets count code points, as Python does; a span is (start, end), the end not in it.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from texts.rules import drop, rules

Span = tuple[int, int]


class Traced(NamedTuple):
    """A text as `texts.normalisation.normalise` leaves it, and what each of its characters was."""

    text: str
    spans: tuple[Span, ...]
    """Of each character: what it was made of. Several characters may be made of one, as of a ligature."""


def trace(text: str) -> Traced:
    """Normalise a text and remember where everything came from."""
    kept = [(place, bare) for place, character in enumerate(text) if (bare := drop(character))]
    places, left = [place for place, _ in kept], "".join(bare for _, bare in kept)
    characters, spans = list[str](), list[Span]()
    at = 0
    while at < len(left):
        length = _longest(left, at)
        written = rules().get(left[at : at + length], left[at : at + length])
        span = places[at], places[at + length - 1] + 1
        for character in written:
            if character == " " and characters[-1:] in ([], [" "]):
                if characters:
                    spans[-1] = spans[-1][0], span[1]
                continue
            characters.append(character)
            spans.append(span)
        at += length
    if characters[-1:] == [" "]:
        del characters[-1], spans[-1]
    return Traced("".join(characters), tuple(spans))


def _longest(text: str, at: int) -> int:
    """Of the longest rule that fits at the place; 1 where none does."""
    lengths = (length for length in _lengths().get(text[at], ()) if at + length <= len(text))
    return next((length for length in lengths if text[at : at + length] in rules()), 1)


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """Of the rules that begin with a character, the longest first."""
    by_first: dict[str, set[int]] = defaultdict(set)
    for written in rules():
        by_first[written[0]].add(len(written))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in by_first.items()}
