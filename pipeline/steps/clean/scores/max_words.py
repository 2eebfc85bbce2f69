"""The words of the longer side."""

from __future__ import annotations

from pipeline.steps.clean.scores.base import Score, TextPair


class Words(Score):
    """In scripts without spaces every character is a word."""

    reasons = ("too many words",)
    threshold = 150

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        return (max(len(pair.source_words), len(pair.target_words)),)


SCORE = Words()
