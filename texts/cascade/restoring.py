"""From a model's answers to a segment's translation: things and tags back in their places, each once.

A segment is asked whole, a stand-in in the place of each thing. Where the answer lacks one, or has one twice,
or has lost a number, the alignment says which word has become of it; where the model gives none, the parts
around the things are asked apart, which cannot lose any.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from texts.cascade import tokens as marks
from texts.cascade.answers import Note, Rendering, Span
from texts.cascade.draft import Segment
from texts.cascade.finding import MEASURE, aligned, lost_numbers, stood_in
from texts.cascade.linking import link
from texts.cascade.marking import Region, asked_tags, innermost, link_within, unmarked, without_strays
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
class Query:
    """What a model is asked of a segment in one row: tokens without outer white space."""

    tokens: Tokens
    stand_ins: tuple[str, ...] = ()
    """Of the things in it, in order."""
    rendering: Rendering | None = None
    marks: Mapping[str, Token] = field(default_factory=dict)
    """Of the tags in it that the model is asked, in order; of others it knows nothing."""

    @property
    def row(self) -> str:
        """The row. What UTF-8 cannot write, a model cannot read."""
        stand_ins = iter(self.stand_ins)
        shown = {token: _shown(mark, token) for mark, token in self.marks.items()}
        text = "".join(
            next(stand_ins) if token.kind == "thing" else shown.get(token, token.view)
            for token in self.tokens
        )
        return text.strip().encode("utf-8", "replace").decode()

    def without_marks(self) -> tuple[Query, Sequence[Region] | None]:
        """As if no tag had been asked, and where the elements are in the translation; None: nobody knows."""
        if not self.marks or self.rendering is None:
            return self, None
        text, regions = unmarked(self.rendering.text, self.marks)
        rendering = replace(self.rendering, text=text, alignment=None)
        return replace(self, rendering=rendering, marks={}), regions


def _shown(mark: str, token: Token) -> str:
    return f"{mark} " if token.kind == "open" else f" {mark}"


@dataclass
class Pending:
    """A segment with what was asked for it: one query, or several and the things between them."""

    segment: Segment
    parts: list[Query | Token] = field(default_factory=list)
    """A query, or what stays as it is: things, and what has no words."""
    apart: bool = False

    @property
    def queries(self) -> list[Query]:
        """What a model is asked."""
        return [part for part in self.parts if isinstance(part, Query)]

    def restored(self) -> Restored | None:
        """The translation; None if the answers lack something, which `in_parts` cures."""
        target, how = self._target()
        if target is None:
            return None
        placed = self._placed(target)
        if self._is_unchanged():
            placed = Placed("".join(token.written for token in self.segment.tokens), (), 0)
        renderings = [query.rendering for query in self.queries if query.rendering]
        return Restored(
            placed.text,
            self._score(),
            any(rendering.truncated for rendering in renderings),
            tuple(self._notes(how, placed.emptied, any(item.within is not None for item in target))),
            self._alternatives(),
            self._links(placed),
        )

    def _links(self, placed: Placed) -> tuple[tuple[Span, Span], ...]:
        """Of models that say which word stands for which; of others none, as places are guesses."""
        if not self._aligned:
            return ()
        spans = source_spans(self._tokens())
        return tuple((spans[atom], span) for atom, span in placed.links)

    @property
    def _aligned(self) -> bool:
        """Whether an alignment said which words belong to which."""
        return bool(self.queries) and all(
            query.rendering is not None and query.rendering.alignment is not None and not query.marks
            for query in self.queries
        )

    def _is_unchanged(self) -> bool:
        """Whether the model gave back what it was asked, as of a name: then no mark has moved."""
        return not self.segment.restores and all(
            query.rendering and query.rendering.text == query.row for query in self.queries
        )

    def _score(self) -> float | None:
        rated = [(len(query.row), query.rendering.score) for query in self.queries if query.rendering]
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
                pending.parts.extend(_parts_of(tuple(run)))
                run = []
            if token is not None:
                pending.parts.append(token)
        return pending

    def _target(self) -> tuple[list[Item] | None, str]:
        """The translation's items, things in their places, and how they came there."""
        target: list[Item] = []
        first, how = 0, "apart" if self.apart else "copied"
        for part in self.parts:
            reading = (
                _read(part, self.segment, first, self.apart)
                if isinstance(part, Query)
                else (_kept(part, self.segment, first), how)
            )
            if reading is None:
                return None, how
            target += reading[0]
            how = how if self.apart else reading[1]
            if len(self.parts) > 1:  # Most are one, behind which nothing has to be counted.
                first += len(source_atoms(part.tokens if isinstance(part, Query) else (part,)))
        return target, how

    def _placed(self, target: Sequence[Item]) -> Placed:
        if not (self._aligned or _has_marks(self.segment)):
            return Placed("".join(item.text for item in target), (), 0)
        tokens = self._tokens()
        return place(tree(tokens), target, len(source_atoms(tokens)))

    def _tokens(self) -> Tokens:
        if not self.apart:
            return self.segment.tokens
        return _with_numbers_apart(self.segment.tokens)

    def _notes(self, how: str, emptied: int, by_pieces: bool) -> Iterator[Note]:
        things = [token.raw for token in self._tokens() if token.kind == "thing"]
        tags = [token.raw for token in self._tokens() if token.is_tag]
        for raw in things:
            yield Note("protect", raw, how)
        for query in self.queries if self.apart else ():
            if query.rendering and lost_numbers(query.tokens, query.rendering.text, ()):
                yield Note("protect", query.row, "a number is lost", kept=False)
        if tags:
            aligned = self._aligned or not self.queries
            where = "by pieces" if by_pieces else "by alignment" if aligned else "by place"
            yield Note("markup", "".join(tags), where)
        if emptied:
            lost = "an element is empty now" if emptied == 1 else f"{emptied} elements are empty now"
            yield Note("markup", self.segment.raw, lost, kept=False)

    def _alternatives(self) -> tuple[str, ...]:
        """Of an answer in one row, those that have all that they should."""
        if self.apart or len(self.queries) != 1 or self.queries[0].rendering is None:
            return ()
        query, texts = self.queries[0], []
        for text in self.queries[0].rendering.alternatives:
            reading = _read(replace(query, rendering=Rendering(text)), self.segment, 0)
            if reading:
                texts.append(self._placed(reading[0]).text)
        return tuple(texts)


def whole(segment: Segment, stand_ins: Sequence[str], *, asks_tags: bool = False) -> Pending:
    """A segment with a stand-in for each thing; apart, where there are more things than stand-ins.

    Args:
        asks_tags: whether the model is asked tags, too, as far as there are stand-ins for all of them.
    """
    words = segment.words
    free = [stand_in for stand_in in stand_ins if stand_in not in words]
    things = sum(token.kind == "thing" for token in segment.tokens)
    pending = Pending(segment)
    if things > len(free):
        return pending.in_parts()
    tags = asked_tags(segment.tokens) if asks_tags else []
    marked = dict(zip(free[things:], tags, strict=False)) if len(tags) <= len(free) - things else {}
    pending.parts = [Query(segment.tokens, tuple(free[:things]), marks=marked)]
    return pending


def _parts_of(run: Tokens) -> Iterator[Query | Token]:
    """Words between things, and as they are the white space and marks around them; all, without a letter."""
    text = marks.view(run)
    words = _WORDS.search(text)
    if not words or not any(character.isalpha() for character in words[0]):
        yield from (token for token in run if token.view)
        return
    for number, part in enumerate(marks.cut(run, [words.start(), words.end(), len(text)])):
        if number == 1:
            yield Query(part)
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
    query: Query, segment: Segment, first: int, at_any_rate: bool = False
) -> tuple[list[Item], str] | None:
    """A query's translation in items, linked with the source's atoms from `first` on, and how its things were
    found; None: it lacks a thing or a number, which counts for nothing `at_any_rate`."""
    assert query.rendering is not None
    asked = [token.pair for token in query.marks.values()]
    query, regions = replace(query, rendering=without_strays(query.row, query.rendering)).without_marks()
    assert query.rendering is not None
    rendering = _without_added_end(query.row, query.rendering) if at_any_rate else query.rendering
    spans, how = stood_in(rendering.text, query.stand_ins), "copied"
    if spans is None and rendering.alignment is not None:
        spans, how = aligned(query.row, query.stand_ins, rendering), "by alignment"
    if spans is None or (not at_any_rate and lost_numbers(query.tokens, rendering.text, spans)):
        return None
    things = [token.raw for token in query.tokens if token.kind == "thing"]
    in_turn = [span for span, raw in zip(spans, things, strict=True) if is_in_turn(raw)]
    if in_turn != sorted(in_turn):
        return None
    is_linked = rendering.alignment is not None or _has_marks(segment)
    target, begin = list[Item](), 0
    for (low, high), raw in sorted(zip(spans, things, strict=True)):
        target += _between(rendering.text, begin, low, segment, regions, is_linked)
        target.append(Item(raw, is_thing=True, replaces=rendering.text[low:high]))
        begin = high
    target += _between(rendering.text, begin, len(rendering.text), segment, regions, is_linked)
    if is_linked:
        order = sorted(range(len(spans)), key=lambda number: spans[number])
        link(target, query.tokens, query.row, query.stand_ins, rendering.alignment, order)
        link_within(target, query.tokens, asked)
    for item in target:
        item.link = None if item.link is None else item.link + first
        item.text = item.text if item.is_thing else segment.escape(item.text)
    return target, how


def _has_marks(segment: Segment) -> bool:
    """Whether anything in it goes where the words go that it stands at: else, and without an alignment, which
    word belongs to which is of no use to anybody."""
    return any(token.is_tag or token.kind == "break" for token in segment.tokens)


def _between(
    text: str, begin: int, end: int, segment: Segment, regions: Sequence[Region] | None, is_linked: bool
) -> Iterator[Item]:
    """The items of a translation between two of its places, with the elements that they are in; one item of
    all words, where it need not be known which of the source's they belong to."""
    if not is_linked:
        yield Item(segment.restored(text[begin:end]))
        return
    if regions is None:
        yield from _words(segment.restored(text[begin:end]))
        return
    bounds = {bound for region in regions for bound in (region.begin, region.end) if begin < bound < end}
    for low, high in pairwise((begin, *sorted(bounds), end)):
        for item in _words(segment.restored(text[low:high])):
            item.within = innermost(regions, low)
            yield item


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
