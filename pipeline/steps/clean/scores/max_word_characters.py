"""The characters of the longest word."""

from __future__ import annotations

from pipeline.steps.clean.scores.base import Score, TextPair


class WordCharacters(Score):
    """Of both sides; an address or a line without spaces is no sentence."""

    reasons = ("word too long",)
    threshold = 150

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        return (max(map(len, pair.source_words + pair.target_words), default=0),)


SCORE = WordCharacters()
