"""`minimum-length`: no end before so many pieces stand in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from trainer.search.constraints.base import ConstraintConfig

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.search.candidates import Candidates
    from trainer.search.interface import Pieces


class MinimumLengthConfig(ConstraintConfig):
    """No translation is shorter, unless its limit is."""

    name: Literal["minimum-length"] = "minimum-length"
    pieces: int = Field(ge=1, description="the end not counted")


class MinimumLength:
    """No end before `length` pieces stand in front of it, unless the limit comes first."""

    def __init__(self, length: int | tf.Tensor, end: int) -> None:
        self._length, self._end = length, end

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        del sequences, rows
        return candidates.forbid((candidates.pieces == self._end) & (time < self._length))


def build(config: MinimumLengthConfig, pieces: Pieces) -> MinimumLength:
    """The rule that is configured."""
    return MinimumLength(config.pieces, pieces.end)
