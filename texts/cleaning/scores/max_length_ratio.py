"""The longer side by the shorter one."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch

# Below, one word more or less is a large ratio: "Hi." against "Guten Tag."
_FROM_CHARACTERS = 10


class LengthRatio(Score):
    """In characters, where an ideograph counts as three; infinity where a side is empty."""

    reasons = ("length ratio",)
    threshold = 4.0

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        weights = batch.source.weight, batch.target.weight
        shorter, longer = np.minimum(*weights), np.maximum(*weights)
        ratio = np.where(shorter > 0, longer / np.maximum(shorter, 1), np.inf)
        return np.where(longer < _FROM_CHARACTERS, np.nan, ratio)[:, None]


SCORE = LengthRatio()
