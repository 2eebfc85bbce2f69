"""The words of the longer side."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch


class Words(Score):
    """In scripts without spaces every character is a word."""

    reasons = ("too many words",)
    threshold = 150

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        return np.maximum(batch.source.words, batch.target.words).astype(float)[:, None]


SCORE = Words()
