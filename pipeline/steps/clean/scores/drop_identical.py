"""Whether both sides are one text."""

from __future__ import annotations

from pipeline.steps.clean.scores.base import Score, TextPair


class Identical(Score):
    """1 or 0."""

    reasons = ("identical sides",)
    threshold = 0

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        return (float(pair.source == pair.target),)


SCORE = Identical()
