"""`forced-prefix`: every translation begins with the same text; from Python, each with pieces of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from trainer.search.constraints.base import ConstraintConfig

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.search.candidates import Candidates
    from trainer.search.interface import Pieces


class ForcedPrefixConfig(ConstraintConfig):
    """Every translation begins with a text, as far as its limit allows."""

    name: Literal["forced-prefix"] = "forced-prefix"
    text: str = Field(min_length=1, description="in the target language; its last word may go on")

    def demanded(self, pieces: Pieces) -> list[int]:
        """See `ConstraintConfig.demanded`."""
        return pieces.encode([self.text])[0][:-1]


class ForcedPrefix:
    """Every hypothesis of a sentence begins with the sentence's prefix, as far as its limit allows."""

    def __init__(self, prefixes: tf.Tensor, lengths: tf.Tensor) -> None:
        """Prefixes [rows, P] int32, of which `lengths` [rows] pieces count.

        Raises:
            InvalidArgumentError: a length above P; in a graph, when it runs.
        """
        import tensorflow as tf

        self._lengths = tf.convert_to_tensor(lengths, tf.int32)
        tf.debugging.assert_less_equal(
            self._lengths,
            tf.shape(prefixes)[1],
            "a forced prefix is shorter than its length: give its pieces",
        )
        # A place more, so that the gather of `apply` has one to read when the longest prefix is over.
        self._prefixes = tf.pad(tf.convert_to_tensor(prefixes, tf.int32), [[0, 0], [0, 1]])

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        import tensorflow as tf

        del sequences
        place = tf.minimum(time, tf.shape(self._prefixes)[1] - 1)
        required = tf.gather(self._prefixes[:, place], rows)[:, None, None]
        inside = (time < tf.gather(self._lengths, rows))[:, None, None]
        return candidates.forbid(inside & (candidates.pieces != required))


class SamePrefix:
    """Every hypothesis of every sentence begins with the same pieces [P]."""

    def __init__(self, pieces: list[int]) -> None:
        self._pieces = pieces

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        import tensorflow as tf

        del sequences, rows
        length = len(self._pieces)
        required = tf.constant([*self._pieces, 0])[tf.minimum(time, length)]
        return candidates.forbid((time < length) & (candidates.pieces != required))


def build(config: ForcedPrefixConfig, pieces: Pieces) -> SamePrefix:
    """The rule that is configured."""
    return SamePrefix(config.demanded(pieces))
