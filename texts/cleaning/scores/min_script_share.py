"""The share of each side's letters that are in its language's scripts."""

from __future__ import annotations

import numpy as np

from texts.cleaning.scores.base import Score, TextBatch


class ScriptShare(Score):
    """1 where there is no letter."""

    reasons = ("source in another script", "target in another script")
    threshold = 0.5
    rejects = "below"

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        del asked
        return np.stack([batch.source.script_share, batch.target.script_share], axis=1)


SCORE = ScriptShare()
