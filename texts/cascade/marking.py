"""Tags as protected pieces in what a model is asked, and where it put them.

A tag and its end are a piece each, a space between them and the words inside, as in training
(`texts.disturbances.placeholders`), so that these are cut as they always are: `a <b>red</b>, old one` is
`a \u27e60\u27e7 red \u27e61\u27e7, old one`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from texts.cascade.answers import Rendering
from texts.cascade.placing import Item, items, source_atoms
from texts.cascade.tokens import Token, Tokens

_PIECE = re.compile("\\s*(\u27e6(?:\\d+|\\|)\u27e7)")
"""See `contracts.vocabulary`."""


@dataclass(frozen=True)
class Region:
    """Where the words of an element are in a translation, in characters."""

    pair: int
    begin: int
    end: int


def asked_tags(tokens: Tokens) -> list[Token]:
    """The tags that can be asked, in order: those whose other end is there, too, and none within a word."""
    ends = Counter(token.pair for token in tokens if token.kind in ("open", "close"))
    within = {token.pair for token in _within_words(tokens)}
    return [
        token
        for token in tokens
        if token.kind in ("open", "close") and ends[token.pair] == 2 and token.pair not in within
    ]


def _within_words(tokens: Tokens) -> list[Token]:
    before, inside_words, waiting = "", list[Token](), list[Token]()
    for token in tokens:
        if token.is_tag:
            waiting.append(token)
        elif token.view:
            if before.isalnum() and token.view[0].isalnum():
                inside_words += waiting
            before, waiting = token.view[-1], []
    return inside_words


def without_strays(row: str, rendering: Rendering) -> Rendering:
    """A translation without the pieces that nobody has asked: they mean nothing in a text."""
    text = _PIECE.sub(lambda match: match[0] if match[1] in row else "", rendering.text)
    return rendering if text == rendering.text else replace(rendering, text=text.strip(), alignment=None)


def unmarked(text: str, marks: Mapping[str, Token]) -> tuple[str, tuple[Region, ...] | None]:
    """A translation without the marks of tags, and where each element's words are in it; None where the model
    did not keep each mark once, or not one within the other as they were. They are in the source's order: of
    two around the same words the inner one is the later.
    """
    tags = re.compile("|".join(map(re.escape, marks)))
    pieces, begins, ends = "", dict[int, int](), dict[int, int]()
    at, opened = 0, False
    for match in tags.finditer(text):
        words = text[at : match.start()]
        words = words.lstrip() if opened else words
        token = marks[match[0]]
        opened = token.kind == "open"
        pieces = _joined(pieces, words if opened else words.rstrip())
        (begins if opened else ends)[token.pair] = len(pieces)
        at = match.end()
    pieces = _joined(pieces, text[at:].lstrip() if opened else text[at:])
    counts = Counter(match[0] for match in tags.finditer(text))
    if any(counts[mark] != 1 for mark in marks):
        return pieces, None
    order = dict.fromkeys(token.pair for token in marks.values())
    regions = tuple(Region(pair, begins[pair], ends[pair]) for pair in order)
    return pieces, regions if _is_nested(regions, list(marks.values())) else None


def _joined(text: str, words: str) -> str:
    """Words that a mark stood between are two still."""
    touching = text[-1:] + words[:1]
    gap = " " if touching.isalnum() and len(touching) == 2 and len(items(touching)) == 1 else ""
    return text + gap + words


def _is_nested(regions: Sequence[Region], tags: Sequence[Token]) -> bool:
    """Whether elements are within each other as in the source, and apart where they were apart there."""
    order = [token.pair for token in tags]
    inside = {pair: set(order[order.index(pair) + 1 : _last(order, pair)]) for pair in order}
    if any(region.begin > region.end for region in regions):
        return False
    for first, second in combinations(regions, 2):
        outer, inner = (second, first) if first.pair in inside[second.pair] else (first, second)
        if inner.pair in inside[outer.pair]:
            if not outer.begin <= inner.begin <= inner.end <= outer.end:
                return False
        elif not (first.end <= second.begin or second.end <= first.begin):
            return False
    return True


def _last(order: Sequence[int], pair: int) -> int:
    return len(order) - 1 - list(reversed(order)).index(pair)


def innermost(regions: Sequence[Region], place: int) -> int:
    """The pair of the shortest element around a place, of several as short the last; 0 where none is."""
    around = [region for region in reversed(regions) if region.begin <= place < region.end]
    return min(around, key=lambda region: region.end - region.begin).pair if around else 0


def link_within(target: Sequence[Item], tokens: Tokens, pairs: Sequence[int]) -> None:
    """Link words with atoms of the element that the model put around them, those that follow where they were
    linked.

    Args:
        target: items that know `within` which element they are.
        pairs: of the elements that were asked.
    """
    atoms: dict[int, list[int]] = {}
    for atom, pair in enumerate(_elements(tokens, pairs)):
        atoms.setdefault(pair, []).append(atom)
    for item in target:
        if item.within is None or item.is_space or item.is_thing:
            continue
        inside, near = atoms.get(item.within, []), item.link or 0
        if item.link not in inside:
            item.link = inside[bisect_left(inside, near, hi=len(inside) - 1)] if inside else None


def _elements(tokens: Tokens, pairs: Sequence[int]) -> list[int]:
    """Of each atom the innermost element among those that were asked; 0 of none."""
    elements, stack = list[int](), [0]
    for token in tokens:
        if token.kind == "open" and token.pair in pairs:
            stack.append(token.pair)
        elif token.kind == "close" and token.pair in pairs:
            stack.pop()
        else:
            elements += [stack[-1]] * len(source_atoms((token,)))
    return elements
