"""Placeholders, addresses, code and the like become things, which come back as they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from texts.cascade import tokens as marks
from texts.cascade.draft import Draft, Segment
from texts.cascade.things import find_things
from texts.cascade.tokens import Token, Tokens

PLACE = 40


def take(draft: Draft) -> None:
    """Make them things. No note yet: what became of each is known when it is back."""
    if draft.options.protect:
        draft.pieces = [
            piece.of(_with_things(piece.tokens)) if isinstance(piece, Segment) else piece
            for piece in draft.pieces
        ]


def _with_things(tokens: Tokens) -> Iterator[Token]:
    """Things reach over no tag."""
    for is_text, run in groupby(tokens, key=lambda token: token.kind == "text"):
        words = tuple(run)
        if not is_text:
            yield from words
            continue
        spans = find_things(marks.view(words))
        ends = [place for span in spans for place in span]
        for number, part in enumerate(marks.cut(words, [*ends, len(marks.view(words))])):
            if number % 2 and part:
                yield marks.thing(marks.raw(part))
            else:
                yield from part
