"""Whether both sides are one text."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch


class Identical(Score):
    """1 or 0."""

    reasons = ("identical sides",)
    threshold = 0

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        same = [source == target for source, target in zip(batch.sources, batch.targets, strict=True)]
        return np.array(same, float)[:, None]


SCORE = Identical()
