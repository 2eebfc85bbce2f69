"""`shortlist`: the softmax over the pieces of a text, for translations into a small part of a language.

The output layer is as much smaller as the pieces are fewer (Jean et al. 2015, https://arxiv.org/abs/1412.2007,
section 3.3, where each source has its own).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from trainer.search.heads.base import HeadConfig, Resources

if TYPE_CHECKING:
    from trainer.search.candidates import Candidates
    from trainer.search.decoder import BodyWithHead
    from trainer.search.interface import Model


class ShortlistConfig(HeadConfig):
    """Only pieces that a text has may come next."""

    name: Literal["shortlist"] = "shortlist"
    text: Path = Field(description="UTF-8, in the target language; read when a model is exported")


class Shortlist:
    """The same pieces for all sentences; they share the probability among themselves."""

    def __init__(self, model: Model, pieces: Sequence[int], end: int) -> None:
        import numpy as np

        self._model = model
        self._pieces = np.unique(np.array([*pieces, end], np.int32))  # ascending, and no one twice

    def candidates(self, outputs: Any) -> Candidates:
        """See `Head.candidates`."""
        import tensorflow as tf

        from trainer.search.candidates import Candidates

        logits = self._model.logits(outputs, self._pieces)
        ids = tf.broadcast_to(tf.constant(self._pieces), tf.shape(logits))
        return Candidates(logits, tf.reduce_logsumexp(logits, axis=-1), ids)


def build(config: ShortlistConfig, resources: Resources) -> BodyWithHead:
    """The body with the pieces of the text.

    Raises:
        DataError: the text cannot be read.
    """
    from trainer.errors import DataError
    from trainer.search.decoder import BodyWithHead

    try:
        lines = config.text.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"search.head: {config.text} cannot be read ({error}): give UTF-8 text in the target language"
        ) from None
    pieces = {piece for line in resources.pieces.encode(lines) for piece in line}
    return BodyWithHead(resources.model, Shortlist(resources.model, sorted(pieces), resources.pieces.end))
