"""Drops tables and numbers: `cleaning: {max_digit_share: true}`, or a number."""

from __future__ import annotations

from texts.cleaning.scores.base import Score, TextPair


class DigitShare(Score):
    """The share of digits in the side that has more of them."""

    reasons = ("mostly digits",)
    threshold = 0.5

    def measure(self, pair: TextPair) -> tuple[float]:
        """One number a reason; None instead of one is no verdict."""
        return (max(sum(map(str.isdigit, side)) / max(len(side), 1) for side in (pair.source, pair.target)),)


SCORE = DigitShare()
