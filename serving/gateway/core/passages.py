"""A text on its way: what of it the model is asked, and how the answers become a text again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from serving.gateway.core.detection import detect
from texts import sentences

Format = Literal["text", "html", "xml", "markdown"]
Splitting = Literal["off", "on", "newlines"]


@dataclass(frozen=True)
class Wish:
    """What a request asks for."""

    texts: tuple[str, ...]
    target: str
    source: str | None = None
    """None: to be found out, of each text."""
    format: Format = "text"
    split: Splitting = "on"
    alternatives: int = 0
    label: str | None = None

    @property
    def characters(self) -> int:
        """Of all texts."""
        return sum(map(len, self.texts))


@dataclass(frozen=True)
class Passage:
    """A text in its language: `rows` [N] for the model, none where it is answered without one."""

    source: str
    confidence: float
    rows: tuple[str, ...]
    finish: Callable[[Sequence[str]], str]
    """The rows' translations [N] to a text."""
    notes: tuple[str, ...] = ()


def prepare(text: str, wish: Wish, source: str | None, target: str, sources: Sequence[str]) -> Passage:
    """Take a text apart. `source`, None if it is to be found out, and `target` are as cards write them;
    `sources`: those that there are.
    """
    confidence = 1.0
    if source is None:
        found = detect(text, sources)
        source, confidence = found[0].language, found[0].confidence
    passage = sentences.split(text, source) if wish.split == "on" else sentences.Passage((text,), ("", ""))
    if not any(map(str.strip, passage.sentences)) or source == target:
        return Passage(source, confidence, (), lambda _rows: text)
    return Passage(source, confidence, passage.sentences, passage.joined)
