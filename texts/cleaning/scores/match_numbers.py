"""Whether each side has a number that the other has not."""

from __future__ import annotations

import numpy as np

from texts.cleaning.measures.numbers import numbers_differ
from texts.cleaning.scores.base import Score, TextBatch


class Numbers(Score):
    """1 or 0."""

    reasons = ("numbers differ",)
    threshold = 0

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        differ = np.zeros((len(batch), 1))
        for row in np.flatnonzero(asked & batch.source.has_digits & batch.target.has_digits).tolist():
            differ[row] = numbers_differ(batch.sources[row], batch.targets[row])
        return differ


SCORE = Numbers()
