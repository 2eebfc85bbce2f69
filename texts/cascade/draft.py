"""A text on its way through the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol

from texts.cascade import tokens as marks
from texts.cascade.answers import Detected, Note
from texts.cascade.options import Options
from texts.cascade.tokens import Token, Tokens

Restore = Callable[[str], str]


@dataclass(frozen=True)
class Fixed:
    """A piece that no model is asked: what it is in the source, what in the target."""

    raw: str
    text: str
    is_tag: bool = False
    """Whether it is one tag, and not one of which nothing is translated."""


@dataclass(frozen=True)
class Segment:
    """A piece that a model is asked."""

    tokens: Tokens
    restores: tuple[Restore, ...] = ()
    """What stages have changed in the words is changed back in the model's, the latest first."""
    escape: Restore = str
    """What makes plain words a part of the text: of markup, escapes."""

    @property
    def raw(self) -> str:
        """In the source."""
        return marks.raw(self.tokens)

    @property
    def view(self) -> str:
        """As a splitter sees it."""
        return marks.view(self.tokens)

    @property
    def words(self) -> str:
        """The words alone, as a reader sees them."""
        return "".join(token.view if token.kind in ("text", "break") else " " for token in self.tokens)

    def restored(self, words: str) -> str:
        """The model's words as they go into the text."""
        for restore in reversed(self.restores):
            words = restore(words)
        return words

    def of(self, tokens: Iterable[Token]) -> Segment:
        """A part of it, or the same with other tokens."""
        return replace(self, tokens=tuple(tokens))


Piece = Fixed | Segment


@dataclass
class Draft:
    """A text, taken apart: the raw texts of its pieces, joined, are the text."""

    text: str
    options: Options
    pieces: list[Piece] = field(default_factory=list)
    source: str = ""
    """BCP 47; empty while it is not known."""
    detected: Detected | None = None
    notes: list[Note] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    """The translations of those of its tags that have words, by what they are in the source."""
    asked: bool = False
    """Whether a model has been asked for anything of it."""

    def __post_init__(self) -> None:
        self.source = self.options.source or ""
        self.pieces = self.pieces or ([Segment((marks.text(self.text),))] if self.text else [])

    def segments(self) -> Iterator[Segment]:
        """What is still to be translated."""
        return (piece for piece in self.pieces if isinstance(piece, Segment))

    def change(self, parts: Callable[[Segment], Iterable[Piece]]) -> None:
        """Put pieces in the place of each segment."""
        self.pieces = [
            part
            for piece in self.pieces
            for part in (parts(piece) if isinstance(piece, Segment) else (piece,))
        ]

    def note(self, stage: str, took: str, gave: str, *, kept: bool = True) -> None:
        """Say what a stage did."""
        self.notes.append(Note(stage, took, gave, kept))


def fixed(tokens: Iterable[Token]) -> Iterator[Fixed]:
    """What stays as it is, if it is anything; each tag apart from all else."""
    for is_tag, run in groupby(tokens, lambda token: token.is_tag and not token.is_kept):
        raws = [token.raw for token in run]
        yield from (Fixed(raw, raw, is_tag) for raw in (raws if is_tag else ["".join(raws)]) if raw)


class Stage(Protocol):
    """A file in `stages`: what it takes of a text before a model is asked. What it gives back stands in
    tokens and `Segment.restores`, so that `restoring` needs to know no stage."""

    PLACE: int
    """Where it stands among the others: the smallest is the first."""

    def take(self, draft: Draft) -> None:
        """Change the draft's pieces, and say so."""
