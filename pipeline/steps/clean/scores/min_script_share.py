"""The share of each side's letters that are in its language's scripts."""

from __future__ import annotations

from pipeline.steps.clean.measures.scripts import script_share
from pipeline.steps.clean.scores.base import Score, TextPair


class ScriptShare(Score):
    """1 where there is no letter."""

    reasons = ("source in another script", "target in another script")
    threshold = 0.5
    rejects = "below"

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        return (
            script_share(pair.source_language)(pair.source),
            script_share(pair.target_language)(pair.target),
        )


SCORE = ScriptShare()
