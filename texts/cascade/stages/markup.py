"""HTML and XML: tags are kept, in sentences as marks that go where their words go, else apart from them."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from texts.cascade import tokens as marks
from texts.cascade.draft import Draft, Fixed, Piece, Segment, fixed
from texts.cascade.options import Options
from texts.cascade.outline import RAW, Outline
from texts.cascade.scanning import Mark, scan
from texts.cascade.tokens import Token

PLACE = 10
STAGE = "markup"

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_BREAK = re.compile(r"(?<!\s)\s*[\n\r]\s*")
_OF_XML = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}


def take(draft: Draft) -> None:
    """Part markup from text, if the text is said to have any."""
    if draft.options.format in ("html", "xml") and draft.text:
        draft.change(lambda segment: pieces(segment.raw, draft.options))
        tags = sum(isinstance(piece, Fixed) for piece in draft.pieces)
        if tags:
            draft.note(STAGE, f"{tags} pieces of markup between sentences", "kept apart")


def pieces(markup: str, options: Options) -> Iterator[Piece]:
    """Text with its tags, and what is between."""
    scanned = list(scan(markup, RAW if options.format == "html" else ()))
    outline = Outline(scanned, options)
    run = _Run(options)
    at = 0
    while at < len(scanned):
        mark = scanned[at]
        until = outline.kept_until(at)
        if until is not None:
            raw = "".join(mark.raw for mark in scanned[at:until])
            if outline.is_inline(at) and mark.kind == "open":
                run.tokens.append(marks.thing(raw))
            else:
                yield from run.flush()
                yield Fixed(raw, raw)
            at = until
            continue
        if mark.kind == "text":
            run.tokens.extend(_text(mark.raw, options, outline.keeps_white_space(at)))
        elif mark.kind == "comment" or (mark.name and outline.is_inline(at)):
            run.add(mark, outline.partner(at), is_kept=outline.is_kept(at))
        elif mark.kind == "cdata":
            yield from run.flush()
            yield from _cdata(mark.raw)
        else:
            yield from run.flush()
            yield Fixed(mark.raw, mark.raw, mark.kind in ("open", "empty") and not outline.is_kept(at))
        at += 1
    yield from run.flush()


@dataclass
class _Run:
    """Text and tags up to the next tag that parts sentences."""

    options: Options
    tokens: list[Token] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)
    """Numbers of pairs by the place of their first tag."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, mark: Mark, pair: int | None, *, is_kept: bool) -> None:
        """A tag; `pair` is the same for its other end, None where there is none."""
        if pair is None or mark.kind not in ("open", "close"):
            self.tokens.append(Token(mark.raw, "", "point", is_kept=is_kept))
            return
        number = self.pairs.setdefault(pair, next(self.numbers))
        self.tokens.append(Token(mark.raw, "", "open" if mark.kind == "open" else "close", number))

    def flush(self) -> Iterator[Piece]:
        """What it holds, as a segment."""
        whole = self.tokens
        self.tokens, self.pairs = [], {}
        if any(token.kind in ("text", "thing") for token in whole):
            yield Segment(tuple(marks.spaced(whole)), escape=_escape)
        else:
            yield from fixed(whole)


def _escape(words: str) -> str:
    return html.escape(words, quote=False)


def _cdata(raw: str) -> Iterator[Piece]:
    begin, end = raw[:9], raw[-3:]
    yield Fixed(begin, begin)
    if raw[9:-3]:
        yield Segment((marks.text(raw[9:-3]),), escape=lambda words: words.replace("]]>", "]] >"))
    yield Fixed(end, end)


def _text(raw: str, options: Options, keeps_white_space: bool) -> Iterable[Token]:
    begin = 0
    for match in _REFERENCE.finditer(raw):
        yield from _words(raw[begin : match.start()], keeps_white_space)
        yield _reference(match[0], options)
        begin = match.end()
    yield from _words(raw[begin:], keeps_white_space)


def _reference(raw: str, options: Options) -> Token:
    """A character that is written otherwise; what is none that we know is kept."""
    known = options.format == "html" or raw in _OF_XML or raw[1] == "#"
    character = html.unescape(raw) if known else raw
    return marks.thing(raw) if character == raw else Token(raw, character)


def _words(raw: str, keeps_white_space: bool) -> Sequence[Token]:
    if keeps_white_space:
        return [marks.text(raw)] if raw else []
    tokens, begin = [], 0
    for match in _BREAK.finditer(raw):
        if match.start() > begin:
            tokens.append(marks.text(raw[begin : match.start()]))
        tokens.append(Token(match[0], " ", "break"))
        begin = match.end()
    return [*tokens, *([marks.text(raw[begin:])] if begin < len(raw) else [])]
