"""`search: {constraints: [no-piece-twice-in-a-row]}`: a piece does not follow itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trainer.search.constraints.base import ConstraintConfig

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.search.candidates import Candidates
    from trainer.search.interface import Pieces


class NoPieceTwiceConfig(ConstraintConfig):
    """A piece does not follow itself; the end may."""

    name: Literal["no-piece-twice-in-a-row"] = "no-piece-twice-in-a-row"


class NoPieceTwice:
    """`sequences` [B, K, T] have `time` pieces, without the start; what stands behind them means nothing."""

    def apply(
        self, candidates: Candidates, sequences: tf.Tensor, time: tf.Tensor, rows: tf.Tensor
    ) -> Candidates:
        """See `Constraint.apply`."""
        import tensorflow as tf

        del rows
        last = sequences[:, :, tf.maximum(time - 1, 0)][:, :, None]
        return candidates.forbid_pieces(last, tf.fill(tf.shape(last), time > 0))


def build(config: NoPieceTwiceConfig, pieces: Pieces) -> NoPieceTwice:
    """The rule that is configured."""
    del config, pieces
    return NoPieceTwice()
