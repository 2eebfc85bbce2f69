"""The characters of the longest word."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch


class WordCharacters(Score):
    """Of both sides; an address or a line without spaces is no sentence."""

    reasons = ("word too long",)
    threshold = 150

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        longest = np.maximum(batch.source.longest_word, batch.target.longest_word)
        return longest.astype(float)[:, None]


SCORE = WordCharacters()
