"""Texts become segments: lines, sentences, and of long ones clauses; the white space between stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from texts.cascade import tokens as marks
from texts.cascade.draft import Draft, Piece, Segment, fixed
from texts.cascade.tokens import Token, Tokens
from texts.sentences import split

PLACE = 50
STAGE = "split"

# Blanks are read from their first on, lest many of them take long.
_LINE_END = re.compile(r"(?<![^\S\r\n])[^\S\r\n]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])\s*")
_PARAGRAPH_END = re.compile(r"(?<![^\S\r\n])[^\S\r\n]*(?:\r\n|[\n\r])[^\S\r\n]*(?:\r\n|[\n\r])\s*")
# What stands in columns is no sentence.
_COLUMN_END = re.compile(r"(?<!\s)\s*\t\s*| {3,}")
_BULLET = re.compile(r"\s*(?:[-*+•‣◦▪·–—>]+|#{1,6}|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_CLAUSE_END = re.compile(r"[;:,–—](?=\s)\s*|[、，；：]\s*")
_WORD_END = re.compile(r"\s+")
# Scripts in which a cut between characters is none within a word that anybody could see.
_NO_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
_SHORTEST = 4
"""A clause is at least this part of the longest row."""


def take(draft: Draft) -> None:
    """Put each segment's lines and sentences in its place."""
    for number in range(len(draft.pieces)):
        piece = draft.pieces[number]
        if isinstance(piece, Segment) and draft.options.split in ("off", "nonewlines"):
            draft.pieces[number] = piece.of(_with_breaks(piece.tokens, draft.options.split))
    draft.change(lambda segment: _parts(draft, segment))


def _with_breaks(tokens: Tokens, splitting: str) -> Iterator[Token]:
    """Line ends within sentences, as white space that has to come back."""
    for token in tokens:
        if token.kind != "text" or token.raw != token.view:
            yield token
            continue
        begin = 0
        for match in _LINE_END.finditer(token.raw):
            if splitting == "nonewlines" and _PARAGRAPH_END.match(match[0]):
                continue
            yield from _text(token.raw[begin : match.start()])
            yield Token(match[0], " ", "break")
            begin = match.end()
        yield from _text(token.raw[begin:])


def _text(raw: str) -> Iterator[Token]:
    if raw:
        yield marks.text(raw)


def _parts(draft: Draft, segment: Segment) -> Iterator[Piece]:
    splitting = draft.options.split
    ends = {
        "on": (_LINE_END, _COLUMN_END),
        "newlines": (_LINE_END,),
        "nonewlines": (_PARAGRAPH_END,),
        "off": (),
    }
    lines = [segment.tokens]
    for end in ends[splitting]:
        lines = [part for line in lines for part in _cut_after(line, end)]
    for line in lines:
        if splitting in ("on", "newlines"):
            bullet = _BULLET.match(marks.view(line))
            if bullet:
                head, *rest = marks.cut(line, [bullet.end()])
                yield from fixed(head)
                line = tuple(token for part in rest for token in part)
        sentences = [line]
        if splitting in ("on", "nonewlines"):
            view = marks.view(line)
            passage = split(view, draft.source)
            sizes = (
                len(gap) + len(words) for gap, words in zip(passage.gaps, passage.sentences, strict=False)
            )
            sentences = list(marks.cut(line, accumulate(sizes))) if view else [line]
        for sentence in sentences:
            yield from _segments(draft, segment, sentence)


def _segments(draft: Draft, segment: Segment, sentence: Tokens) -> Iterator[Piece]:
    """A sentence without what is around it, or, of a long one, its clauses."""
    longest = draft.options.longest
    clauses = [sentence]
    length = len(marks.view(sentence))
    if length > longest and draft.options.split != "off":
        clauses = list(marks.cut(sentence, _clause_ends(marks.view(sentence), longest)))
        if len(clauses) > 1:
            draft.note(STAGE, marks.raw(sentence), f"{len(clauses)} clauses")
    for clause in clauses:
        before, inside, after = marks.strip(clause)
        yield from fixed(before)
        if inside:
            yield segment.of(inside)
        yield from fixed(after)


def _cut_after(tokens: Tokens, end: re.Pattern[str]) -> Iterable[Tokens]:
    view = marks.view(tokens)
    return marks.cut(tokens, [match.end() for match in end.finditer(view)])


def _clause_ends(view: str, longest: int) -> Iterator[int]:
    """Where to cut, so that no part is longer than `longest` if its words are not: at the last clause's end
    that fits, else at the last word's."""
    begin = 0
    while len(view) - begin > longest:
        end = begin + longest
        clauses, words = _ends(_CLAUSE_END, view, begin, end), _ends(_WORD_END, view, begin, end)
        if clauses and clauses[-1] - begin >= longest // _SHORTEST:
            begin = clauses[-1]
        elif words:
            begin = words[-1]
        elif _NO_SPACES.match(view, end - 1):
            begin = end
        elif further := _WORD_END.search(view, end):
            begin = further.end()
        else:
            return
        yield begin


def _ends(pattern: re.Pattern[str], view: str, begin: int, end: int) -> list[int]:
    """Where the matches end whose white space begins at `end` at the latest."""
    matches = pattern.finditer(view, begin, end + 1)
    return [match.end() for match in matches if begin < match.start() + len(match[0].rstrip()) <= end]
