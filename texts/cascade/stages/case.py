"""SENTENCES IN CAPITALS are asked as others are, since models have seen few, and come back in capitals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from texts.cascade.draft import Draft, Segment
from texts.cascade.tokens import Token

PLACE = 70
STAGE = "case"

_LETTERS = 8
_WORDS = 2
"""Fewer are a name, as USB."""


def take(draft: Draft) -> None:
    """Change the case of the words, and have it changed back."""
    draft.pieces = [
        replace(piece, tokens=tuple(_lowered(piece.tokens)), restores=(*piece.restores, str.upper))
        if isinstance(piece, Segment) and _is_upper(draft, piece)
        else piece
        for piece in draft.pieces
    ]


def _is_upper(draft: Draft, segment: Segment) -> bool:
    words = segment.words
    if not words.isupper() or len(words.split()) < _WORDS or sum(map(str.isalpha, words)) < _LETTERS:
        return False
    draft.note(STAGE, words.strip(), "asked in small letters, given back in capitals")
    return True


def _lowered(tokens: tuple[Token, ...]) -> Iterator[Token]:
    begun = False
    for token in tokens:
        if token.kind != "text":
            yield token
            continue
        words = token.view.lower() if begun else token.view.capitalize()
        begun = begun or any(map(str.isalpha, words))
        yield replace(token, view=words)
