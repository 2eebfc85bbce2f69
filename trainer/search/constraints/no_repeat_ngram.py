"""`no-repeat-ngram`: no n pieces in a row twice in one translation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from trainer.search.constraints.base import ConstraintConfig

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.search.candidates import Candidates
    from trainer.search.interface import Pieces


class NoRepeatNgramConfig(ConstraintConfig):
    """No so many pieces in a row twice in one translation; `search.no_repeat_ngram` is short for it."""

    name: Literal["no-repeat-ngram"] = "no-repeat-ngram"
    size: int = Field(ge=1, description="n")


class NoRepeatNgram:
    """No n pieces in a row twice in one hypothesis (Paulus et al. 2018, https://arxiv.org/abs/1705.04304,
    section 2.5).

    The end may always come: else a hypothesis could be left without any continuation.
    """

    def __init__(self, size: int, end: int) -> None:
        if size < 1:
            raise ValueError(
                f"an n-gram has at least one piece, not {size}: leave the constraint out instead"
            )
        self._size, self._end = size, end

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        import tensorflow as tf

        del rows
        shape = tf.shape(sequences)
        # Place t completes a repetition if the n-1 pieces before it are the last n-1 pieces of the
        # hypothesis.
        history = tf.pad(sequences, [[0, 0], [0, 0], [self._size, 0]], constant_values=-1)
        places = tf.range(shape[2])
        matches = tf.broadcast_to((places >= self._size - 1) & (places < time), shape)
        for back in range(1, self._size):
            last = tf.gather(history, tf.maximum(time - back, -self._size) + self._size, axis=2)
            matches &= history[:, :, self._size - back : self._size - back + shape[2]] == last[:, :, None]
        return candidates.forbid_pieces(sequences, matches & (sequences != self._end))


def build(config: NoRepeatNgramConfig, pieces: Pieces) -> NoRepeatNgram:
    """The rule that is configured."""
    return NoRepeatNgram(config.size, pieces.end)
