"""Whether each side has a number that the other has not."""

from __future__ import annotations

from pipeline.steps.clean.measures.numbers import numbers_differ
from pipeline.steps.clean.scores.base import Score, TextPair


class Numbers(Score):
    """1 or 0."""

    reasons = ("numbers differ",)
    threshold = 0

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        return (float(numbers_differ(pair.source, pair.target)),)


SCORE = Numbers()
