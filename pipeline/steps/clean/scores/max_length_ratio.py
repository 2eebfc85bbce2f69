"""The longer side by the shorter one."""

from __future__ import annotations

from pipeline.steps.clean.scores.base import Score, TextPair

# Below, one word more or less is a large ratio: "Hi." against "Guten Tag."
_FROM_CHARACTERS = 10


class LengthRatio(Score):
    """In characters, where an ideograph counts as three; infinity where a side is empty."""

    reasons = ("length ratio",)
    threshold = 4.0

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        shorter, longer = pair.weights
        if longer < _FROM_CHARACTERS:
            return (None,)
        return (longer / shorter if shorter else float("inf"),)


SCORE = LengthRatio()
