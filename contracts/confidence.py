"""How likely a translation is good, from its score: fitted on dev (`trainer.calibration`)."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import Field

from contracts.records import FiledRecord
from contracts.scores import Record

CONFIDENCE_FILE = "confidence.json"
"""In `assets.extra` of a version with `export.good_chrf`: a `Confidence`."""


class Bin(Record):
    """Dev sentences of like confidence, each said by a fit that had not seen it."""

    confidence: float
    """Their mean."""
    good: float
    """Share of them that was good."""
    sentences: int


class Confidence(FiledRecord):
    """The chance that a sentence is good is `1 / (1 + exp(-(slope x score + offset)))` (Platt 1999)."""

    file: ClassVar[str] = CONFIDENCE_FILE

    good_chrf: float
    """A translation is good whose chrF against its reference, 0 to 100, is at least this."""
    sentences: int
    good: float = Field(ge=0, le=1)
    """Share of the dev sentences that is good."""
    slope: float = Field(ge=0)
    offset: float
    error: float
    """Mean distance between confidence and share of good ones, over the bins, by sentences: the expected
    calibration error (Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3), 0 to 1."""
    reliability: tuple[Bin, ...]

    def of_score(self, score: float) -> float:
        """Of a sentence with this score, as the version's `serving_default` gives it; 0 to 1."""
        return 1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, self.slope * score + self.offset))))

    def __str__(self) -> str:
        """For people."""
        return (
            f"the chance of a chrF of {self.good_chrf:g} or more ({self.good:.0%} of {self.sentences} dev "
            f"sentences), {100 * self.error:.1f} points off in the mean"
        )
