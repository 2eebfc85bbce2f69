"""`ends-on-time`, a constraint that this file alone adds: translations have a number of pieces."""

from __future__ import annotations

from typing import Literal

import tensorflow as tf
from pydantic import Field

from trainer.search.candidates import Candidates
from trainer.search.constraints.base import ConstraintConfig
from trainer.search.interface import Pieces


class EndsOnTimeConfig(ConstraintConfig):
    """As many pieces, the end not counted."""

    name: Literal["ends-on-time"] = "ends-on-time"
    pieces: int = Field(ge=0)


class EndsOnTime:
    """See the module."""

    def __init__(self, pieces: int, end: int) -> None:
        self._pieces, self._end = pieces, end

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        del sequences, rows
        return candidates.forbid((candidates.pieces == self._end) != (time == self._pieces))


def build(config: EndsOnTimeConfig, pieces: Pieces) -> EndsOnTime:
    """The rule."""
    return EndsOnTime(config.pieces, pieces.end)
