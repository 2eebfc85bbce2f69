"""Whether a side is surely in another language."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch

# Below, it may be a name, a title or a quotation.
_FROM_WORDS = 6


class OtherLanguage(Score):
    """1 or 0 for each side."""

    reasons = ("source in another language", "target in another language")
    threshold = 0

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        surely = np.zeros((len(batch), 2))
        for row, foreign in batch.foreign.items():
            surely[row] = (
                foreign.source_language is not None and batch.source.words[row] >= _FROM_WORDS,
                foreign.target_language is not None and batch.target.words[row] >= _FROM_WORDS,
            )
        return surely


SCORE = OtherLanguage()
