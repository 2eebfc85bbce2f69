"""Markdown: its blocks stay, the words of its paragraphs, headings, items and cells are translated."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from texts.cascade import tokens as marks
from texts.cascade.answers import Span
from texts.cascade.draft import Draft, Fixed, Piece, Restore, Segment
from texts.cascade.inlines import UnreadableError, read
from texts.cascade.outline import RAW, Outline
from texts.cascade.scanning import Mark, scan
from texts.cascade.stages.markup import pieces
from texts.cascade.tokens import Token

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token as Block

PLACE = 10
STAGE = "markdown"

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n.*?\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_SPECIAL = {*"\\`*_{}[]<>()#+-.!|~&"}


def take(draft: Draft) -> None:
    """Part words from Markdown, if the text is said to be some."""
    if draft.options.format == "markdown" and draft.text:
        draft.pieces = list(_pieces(draft))


def _pieces(draft: Draft) -> Iterator[Piece]:
    begin, paragraphs = 0, list(_paragraphs(draft.text))
    kept = deque(_kept(draft, paragraphs))
    for paragraph in paragraphs:
        if not paragraph.lines or paragraph.lines[0][0] < begin:
            draft.note(STAGE, paragraph.block.content, "as it is: not found", kept=False)
            continue
        for low, high in _outside(paragraph.span, kept):
            if low > begin:
                yield Fixed(draft.text[begin:low], draft.text[begin:low])
            yield from _words(draft, paragraph, draft.text[low:high])
            begin = high
    if begin < len(draft.text):
        yield Fixed(draft.text[begin:], draft.text[begin:])


@dataclass(frozen=True)
class _Paragraph:
    """What markdown-it calls inline, or a block of HTML, and where its lines are in the text: nowhere, if
    they are not found, as where markdown-it has written another character for NUL."""

    block: Block
    lines: tuple[Span, ...]
    is_cell: bool = False

    @property
    def span(self) -> Span:
        """From its first line to its last; it has some."""
        return self.lines[0][0], self.lines[-1][1]


def _kept(draft: Draft, paragraphs: Sequence[_Paragraph]) -> Iterator[Span]:
    """Where elements of HTML are that are not translated, and reach over several paragraphs; in order."""
    scanned: list[Mark] = []
    places: list[tuple[Span, int]] = []
    """Of each mark: where it is, and in which paragraph."""
    for number, paragraph in enumerate(paragraphs):
        if paragraph.block.type == "html_block" and paragraph.lines:
            at, end = paragraph.span
            for mark in scan(draft.text[at:end], RAW):
                scanned.append(mark)
                places.append(((at, at + len(mark.raw)), number))
                at += len(mark.raw)
    outline = Outline(scanned, replace(draft.options, format="html"))
    place = 0
    while place < len(scanned):
        until = outline.kept_until(place) or place + 1
        (first, number), (last, other) = places[place], places[until - 1]
        if number != other:
            yield first[0], last[1]
        place = until


def _outside(span: Span, kept: deque[Span]) -> Iterator[Span]:
    """The parts of a span that no element is kept with; those before it are forgotten."""
    low, high = span
    while low < high:
        while kept and kept[0][1] <= low:
            kept.popleft()
        begin, end = kept[0] if kept else (high, high)
        if low < begin:
            yield low, min(begin, high)
        low = max(low, end) if begin < high else high


def _words(draft: Draft, paragraph: _Paragraph, text: str) -> Iterator[Piece]:
    html = replace(draft.options, format="html")
    if paragraph.block.type == "html_block":
        yield from pieces(text, html)
        return
    gaps = iter(
        [draft.text[line[1] : following[0]] for line, following in itertools.pairwise(paragraph.lines)]
    )
    try:
        tokens = read(paragraph.block.content, paragraph.block.children or (), html)
    except UnreadableError:
        tokens = []
    tokens = [_as_written(token, gaps, paragraph.is_cell) for token in tokens]
    if marks.raw(tokens) != text:
        draft.note(STAGE, text, "as it is: not understood", kept=False)
        yield Fixed(text, text)
        return
    escaped = {token.view for token in tokens if token.view in _SPECIAL and token.raw != token.view}
    yield Segment(
        tuple(marks.spaced(tokens)), escape=_escaping(escaped | {"|"} if paragraph.is_cell else escaped)
    )


def _as_written(token: Token, gaps: Iterator[str], is_cell: bool) -> Token:
    """A content has no `> ` behind a line end, and no `\\` before a `|`."""
    written = token.raw.replace("|", r"\|") if is_cell else token.raw
    if "\n" in written:
        written = "".join(next(gaps, "\n") if part == "\n" else part for part in re.split("(\n)", written))
    return replace(token, raw=written)


def _escaping(characters: set[str]) -> Restore:
    """Escape what the paragraph has escaped; what it has not, means nothing in it."""
    special = re.compile("|".join(map(re.escape, sorted(characters)))) if characters else None
    return lambda words: special.sub(r"\\\g<0>", words) if special else words


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """All of a text, in order."""
    front = _FRONT_MATTER.match(text)
    body = text[front.end() :] if front else text
    starts = [match.span() for match in _LINE.finditer(body)]
    offset = front.end() if front else 0
    is_cell, cursor = False, 0
    for block in _parser().parse(body):
        if block.type in ("th_open", "td_open"):
            is_cell = True
        elif block.type in ("inline", "html_block") and block.map:
            spans = [(low, high) for low, high in starts[block.map[0] : block.map[1]]]
            if block.type == "html_block":
                places: list[Span] | None = [(spans[0][0], spans[-1][1])] if spans else None
            else:
                places = _lines(body, block.content.split("\n"), spans, cursor if is_cell else None)
            if places:
                cursor = places[-1][1]
            if block.content:
                lines = tuple((low + offset, high + offset) for low, high in places or ())
                yield _Paragraph(block, lines, is_cell)
            is_cell = False


def _lines(text: str, content: list[str], spans: list[Span], cursor: int | None) -> list[Span] | None:
    """Where the lines of a content are: at the lines' ends; of a cell behind the one before."""
    places = []
    for line, (low, high) in zip(content, spans, strict=False):
        if cursor is None:
            at = text.rfind(line, low, high)
        else:
            line = line.replace("|", r"\|")
            at = text.find(line, max(low, cursor), high)
        if at < 0:
            return None
        places.append((at, at + len(line)))
    return places if len(places) == len(content) else None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Joined texts no longer say which of their characters were escaped.
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
