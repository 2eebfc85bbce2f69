"""From a model's answers to a segment's translation: things and tags back in their places, each once.

A segment is asked whole, a stand-in in the place of each thing. Where the answer lacks one, or has one twice,
or has lost a number, the alignment says which word has become of it; where the model gives none, the parts
around the things are asked apart, which cannot lose any.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from texts.cascade import tokens as marks
from texts.cascade.answers import Note, Rendering, Span
from texts.cascade.draft import Segment
from texts.cascade.finding import MEASURE, aligned, lost_numbers, stood_in
from texts.cascade.linking import link
from texts.cascade.placing import Item, Placed, items, place, source_atoms, source_spans, tree
from texts.cascade.things import is_in_turn
from texts.cascade.tokens import Token, Tokens

STAGE = "restore"
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_WORDS = re.compile(r"[^\W_](?:.*[\w.!?…。！？])?", re.DOTALL)


@dataclass(frozen=True)
class Restored:
    """A segment's translation as it goes into the text."""

    text: str
    score: float | None
    truncated: bool = False
    notes: tuple[Note, ...] = ()
    alternatives: tuple[str, ...] = ()
    links: tuple[tuple[Span, Span], ...] = ()
    """Where words are in the source's raw text, and those in the translation that stand for them."""


@dataclass
class Part:
    """What a model is asked of a segment in one row: tokens without outer white space."""

    tokens: Tokens
    stand_ins: tuple[str, ...] = ()
    """Of the things in it, in order."""
    rendering: Rendering | None = None

    @property
    def row(self) -> str:
        """The row. What UTF-8 cannot write, a model cannot read."""
        stand_ins = iter(self.stand_ins)
        text = "".join(next(stand_ins) if token.kind == "thing" else token.view for token in self.tokens)
        return text.strip().encode("utf-8", "replace").decode()


@dataclass
class Pending:
    """A segment with what was asked for it: one row, or parts and the things between them."""

    segment: Segment
    parts: list[Part | Token] = field(default_factory=list)
    """A part, or what stays as it is: things, and what has no words."""
    apart: bool = False

    @property
    def asked(self) -> list[Part]:
        """Those with a row."""
        return [part for part in self.parts if isinstance(part, Part)]

    def restored(self) -> Restored | None:
        """The translation; None if the answers lack something, which `in_parts` cures."""
        target, how = self._target()
        if target is None:
            return None
        placed = self._placed(target)
        if self._is_unchanged():
            placed = Placed(self.segment.raw, (), 0)
        parts = [part.rendering for part in self.asked if part.rendering]
        return Restored(
            placed.text,
            self._score(),
            any(one.truncated for one in parts),
            tuple(self._notes(how, placed.emptied)),
            self._alternatives(),
            self._links(placed),
        )

    def _links(self, placed: Placed) -> tuple[tuple[Span, Span], ...]:
        """Of models that say which word stands for which; of others none, as places are guesses."""
        if not self.asked or any(part.rendering and part.rendering.alignment is None for part in self.asked):
            return ()
        spans = source_spans(self._tokens())
        return tuple((spans[atom], span) for atom, span in placed.links)

    def _is_unchanged(self) -> bool:
        """Whether the model gave back what it was asked, as of a name: then no mark has moved."""
        asked = self.asked
        return not self.segment.restores and all(
            part.rendering and part.rendering.text == part.row for part in asked
        )

    def _score(self) -> float | None:
        rated = [(len(part.row), part.rendering.score) for part in self.asked if part.rendering]
        total = sum(length for length, _ in rated)
        return sum(length * score for length, score in rated) / total if total else None

    def in_parts(self) -> Pending:
        """The same segment, its things apart from its words."""
        pending = Pending(self.segment, apart=True)
        run: list[Token] = []
        for token in (*_with_numbers_apart(self.segment.tokens), None):
            if token is not None and token.kind != "thing":
                run.append(token)
                continue
            if run:
                pending.parts.extend(_part_of(tuple(run)))
                run = []
            if token is not None:
                pending.parts.append(token)
        return pending

    def _target(self) -> tuple[list[Item] | None, str]:
        """The translation's items, things in their places, and how they came there."""
        target: list[Item] = []
        first, how = 0, "apart" if self.apart else "copied"
        for part in self.parts:
            found = (
                _read(part, self.segment, first, self.apart)
                if isinstance(part, Part)
                else (_kept(part, self.segment, first), how)
            )
            if found is None:
                return None, how
            target += found[0]
            how = how if self.apart else found[1]
            first += len(source_atoms(part.tokens if isinstance(part, Part) else (part,)))
        return target, how

    def _placed(self, target: Sequence[Item]) -> Placed:
        tokens = self._tokens()
        return place(tree(tokens), target, len(source_atoms(tokens)))

    def _tokens(self) -> Tokens:
        if not self.apart:
            return self.segment.tokens
        return _with_numbers_apart(self.segment.tokens)

    def _notes(self, how: str, emptied: int) -> Iterator[Note]:
        things = [token.raw for token in self._tokens() if token.kind == "thing"]
        tags = [token.raw for token in self._tokens() if token.is_tag]
        for raw in things:
            yield Note("protect", raw, how)
        for part in self.asked if self.apart else ():
            if part.rendering and lost_numbers(part.tokens, part.rendering.text, ()):
                yield Note("protect", part.row, "a number is lost", kept=False)
        if tags:
            aligned = all(part.rendering and part.rendering.alignment is not None for part in self.asked)
            yield Note("markup", "".join(tags), "by alignment" if aligned else "by place")
        if emptied:
            yield Note("markup", self.segment.raw, f"{emptied} elements are empty now", kept=False)

    def _alternatives(self) -> tuple[str, ...]:
        """Of an answer in one row, those that have all that they should."""
        if self.apart or len(self.asked) != 1 or self.asked[0].rendering is None:
            return ()
        part, texts = self.asked[0], []
        for text in self.asked[0].rendering.alternatives:
            found = _read(replace(part, rendering=Rendering(text)), self.segment, 0)
            if found:
                texts.append(self._placed(found[0]).text)
        return tuple(texts)


def whole(segment: Segment, stand_ins: Sequence[str]) -> Pending:
    """A segment with a stand-in for each thing; apart, where there are more things than stand-ins."""
    words = segment.words
    free = [one for one in stand_ins if one not in words]
    things = sum(token.kind == "thing" for token in segment.tokens)
    pending = Pending(segment)
    if things > len(free):
        return pending.in_parts()
    pending.parts = [Part(segment.tokens, tuple(free[:things]))]
    return pending


def _part_of(run: Tokens) -> Iterator[Part | Token]:
    """Words between things, and as they are the white space and marks around them; all, without a letter."""
    text = marks.view(run)
    words = _WORDS.search(text)
    if not words or not any(character.isalpha() for character in words[0]):
        yield from (token for token in run if token.view)
        return
    for number, part in enumerate(marks.cut(run, [words.start(), words.end(), len(text)])):
        if number == 1:
            yield Part(part)
        else:
            yield from (token for token in part if token.view)


def _with_numbers_apart(tokens: Tokens) -> Tokens:
    """Numbers as things, too: what a model has lost once."""
    parted: list[Token] = []
    for token in tokens:
        if token.kind != "text" or len(token.raw) != len(token.view):
            parted.append(token)
            continue
        begin = 0
        for match in MEASURE.finditer(token.raw):
            if match.start() > begin:
                parted.append(Token(token.raw[begin : match.start()], token.view[begin : match.start()]))
            parted.append(marks.thing(match[0]))
            begin = match.end()
        if begin < len(token.raw):
            parted.append(Token(token.raw[begin:], token.view[begin:]))
    return tuple(parted)


def _read(
    part: Part, segment: Segment, first: int, at_any_rate: bool = False
) -> tuple[list[Item], str] | None:
    """A part's translation in items, linked with the source's atoms from `first` on, and how its things were
    found; None: it lacks a thing or a number, which counts for nothing `at_any_rate`."""
    assert part.rendering is not None
    rendering = _without_added_end(part.row, part.rendering) if at_any_rate else part.rendering
    spans, how = stood_in(rendering.text, part.stand_ins), "copied"
    if spans is None and rendering.alignment is not None:
        spans, how = aligned(part.row, part.stand_ins, rendering), "by alignment"
    if spans is None or (not at_any_rate and lost_numbers(part.tokens, rendering.text, spans)):
        return None
    things = [token.raw for token in part.tokens if token.kind == "thing"]
    in_turn = [span for span, raw in zip(spans, things, strict=True) if is_in_turn(raw)]
    if in_turn != sorted(in_turn):
        return None
    target, begin = list[Item](), 0
    for (low, high), raw in sorted(zip(spans, things, strict=True)):
        target += _words(segment.restored(rendering.text[begin:low]))
        target.append(Item(raw, is_thing=True, replaces=rendering.text[low:high]))
        begin = high
    target += _words(segment.restored(rendering.text[begin:]))
    order = sorted(range(len(spans)), key=lambda number: spans[number])
    link(target, part.tokens, part.row, part.stand_ins, rendering.alignment, order)
    for item in target:
        item.link = None if item.link is None else item.link + first
        item.text = item.text if item.is_thing else segment.escape(item.text)
    return target, how


def _without_added_end(row: str, rendering: Rendering) -> Rendering:
    """Models end as a sentence what is only a part of one."""
    if row.endswith(_ENDS) or not rendering.text.endswith(_ENDS):
        return rendering
    return replace(rendering, text=rendering.text.rstrip("".join(_ENDS)).rstrip())


def _kept(token: Token, segment: Segment, first: int) -> list[Item]:
    """What no model was asked, linked with itself."""
    if token.kind == "thing":
        return [Item(token.raw, first, is_thing=True)]
    target = _words(token.view)
    numbers = itertools.count(first)
    for item in target:
        item.link = None if item.is_space else next(numbers)
        item.text = segment.escape(item.text)
    return target


def _words(text: str) -> list[Item]:
    return [Item(word) for word in items(text)]
