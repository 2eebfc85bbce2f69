"""What a model is asked and answers, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

IN_TARGET = "in the target's language: as it is"
"""What the note of a text, or a sentence, says that is not translated for that."""

Span = tuple[int, int]
"""Begin and end in a text, in characters."""


@dataclass(frozen=True)
class ModelRow:
    """What a model takes at a time: a sentence at most."""

    text: str
    source: str
    """Its language, BCP 47; empty where nobody said it and none was detected."""


@dataclass(frozen=True)
class Rendering:
    """A model's answer to a row."""

    text: str
    score: float = 0.0
    truncated: bool = False
    alternatives: tuple[str, ...] = ()
    """Other translations, best first."""
    alignment: tuple[tuple[int, int], ...] | None = None
    """Places of words, source and target, that stand for each other, from 0; a word is what stands between
    white space. None: the model does not say."""


class Ask(Protocol):
    """A model, as `translate` calls it."""

    def __call__(self, sources: Sequence[str], *, source: str, target: str) -> Sequence[Rendering]:
        """One rendering a source, in order."""


@dataclass(frozen=True)
class Detected:
    """A language that a text seems to be in, and how likely that is: 0 to 1."""

    language: str
    confidence: float


@dataclass(frozen=True)
class Note:
    """What a stage took out of a text, or found in it, and what it gave back."""

    stage: str
    took: str
    gave: str
    kept: bool = True
    """Whether what had to come back came back, and where it should."""


@dataclass(frozen=True)
class SegmentAnswer:
    """A sentence: where it is in the source and in the target."""

    source: Span
    target: Span
    score: float | None
    """The model's, log-probability by length; None for what it was not asked."""
    truncated: bool = False
    links: tuple[tuple[Span, Span], ...] = ()
    """Words of the source, and of the target, that stand for each other, where they are in the texts; none,
    where the model does not say."""


@dataclass(frozen=True)
class Answer:
    """A text's translation."""

    text: str
    detected: Detected | None = None
    """Of a text whose language nobody said."""
    segments: tuple[SegmentAnswer, ...] = ()
    notes: tuple[Note, ...] = ()
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Of processor and waiting, by phase, of all texts that went along in a plan."""
    alternatives: tuple[str, ...] = ()
    """Other translations of the whole text, best first, where the model gave them."""
    asked: bool = False
    """Whether a model was asked for anything of it: its sentences, or what its tags show."""

    @property
    def score(self) -> float | None:
        """The mean of the sentences' scores, weighted by their lengths in the source."""
        rated = [
            (segment.score, max(segment.source[1] - segment.source[0], 1))
            for segment in self.segments
            if segment.score is not None
        ]
        total = sum(weight for _, weight in rated)
        return sum(score * weight for score, weight in rated) / total if rated else None

    @property
    def kept(self) -> bool:
        """Whether all that had to come back unharmed did."""
        return all(note.kept for note in self.notes)
