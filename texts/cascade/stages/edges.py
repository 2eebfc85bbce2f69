"""Things that are no part of the sentence beside them need not go through a model: emoji, labels before a
colon, addresses behind one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.cascade import tokens as marks
from texts.cascade.draft import Draft, Piece, Segment, fixed
from texts.cascade.things import is_aside
from texts.cascade.tokens import Tokens

PLACE = 55
STAGE = "edges"

_BEHIND = re.compile(r"\s*(?:[:|=–—]|-(?=\s))\s*")
_BEFORE = re.compile(r"[:.!?…。！？：|=]\s*$")
_END = re.compile(r"\s*[.!?…。！？]\s*")


def take(draft: Draft) -> None:
    """Part them from their segments."""
    draft.change(lambda segment: _parts(draft, segment))


def _parts(draft: Draft, segment: Segment) -> Iterator[Piece]:
    head, inside = _head(segment.tokens)
    inside, tail = _tail(inside)
    for edge in (head, tail):
        if edge:
            draft.note(STAGE, marks.raw(edge).strip(), "as it is")
    yield from fixed(head)
    if inside:
        before, words, after = marks.strip(inside)
        yield from fixed(before)
        if words:
            yield segment.of(words)
        yield from fixed(after)
    yield from fixed(tail)


def _head(tokens: Tokens) -> tuple[Tokens, Tokens]:
    at = 0
    while at < len(tokens) and tokens[at].kind == "thing":
        behind = _BEHIND.match(marks.view(tokens[at + 1 : at + 2])) if at + 1 < len(tokens) else None
        if behind:
            label, *rest = marks.cut(tokens[at + 1 :], [behind.end()])
            return (*tokens[: at + 1], *label), tuple(token for part in rest for token in part)
        if not is_aside(tokens[at].raw):
            break
        at += 1
        while at < len(tokens) and tokens[at].kind == "text" and not tokens[at].view.strip():
            at += 1
    return tokens[:at], tokens[at:]


def _tail(tokens: Tokens) -> tuple[Tokens, Tokens]:
    at = len(tokens)
    if at > 1 and tokens[-1].kind == "text" and _END.fullmatch(tokens[-1].view):
        at -= 1
    if at and tokens[at - 1].kind == "thing":
        before = tokens[at - 2].view if at > 1 and tokens[at - 2].kind == "text" else ""
        if is_aside(tokens[at - 1].raw) and at == len(tokens):
            return tokens[: at - 1], tokens[at - 1 :]
        if _BEFORE.search(before):
            return tokens[: at - 1], tokens[at - 1 :]
    return tokens, ()
