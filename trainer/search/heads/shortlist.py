"""`shortlist`: the softmax over the pieces of a text, for translations into a small part of a language.

The output layer is as much smaller as the pieces are fewer (Jean et al. 2015, https://arxiv.org/abs/1412.2007,
section 3.3, where each source has its own).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from contracts.errors import DataError
from trainer.search.heads.base import HeadConfig, Resources

if TYPE_CHECKING:
    from trainer.search.candidates import Candidates
    from trainer.search.decoder import BodyWithHead
    from trainer.search.interface import Model


class ShortlistConfig(HeadConfig):
    """Only pieces that a text has may come next."""

    name: Literal["shortlist"] = "shortlist"
    text: Path = Field(description="UTF-8, in the target language; read when a model is exported")

    def lines(self) -> list[str]:
        """Of the text.

        Raises:
            DataError: it cannot be read, or there is nothing in it.
        """
        try:
            text = self.text.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"search.head: {self.text} cannot be read ({error}): give UTF-8 text in the target language"
            ) from None
        if not text.strip():
            raise DataError(f"search.head: {self.text} is empty: give text in the target language")
        return text.splitlines()

    def named_files(self) -> tuple[Path, ...]:
        """See `Chosen.named_files`."""
        self.lines()
        return (self.text,)


class Shortlist:
    """The same pieces for all sentences; they share the probability among themselves."""

    def __init__(self, model: Model, pieces: Sequence[int], end: int) -> None:
        import numpy as np

        self._model = model
        self._pieces = np.unique(np.array([*pieces, end], np.int32))  # ascending, and no one twice

    def candidates(self, outputs: Any) -> Candidates:
        """See `Head.candidates`."""
        import tensorflow as tf

        from trainer.search.candidates import Candidates, log_normalizer

        logits = self._model.logits(outputs, self._pieces)
        ids = tf.broadcast_to(tf.constant(self._pieces), tf.shape(logits))
        return Candidates(logits, log_normalizer(logits), ids)


def build(config: ShortlistConfig, resources: Resources) -> BodyWithHead:
    """The body with the pieces of the text.

    Raises:
        DataError: as `ShortlistConfig.lines`.
    """
    from trainer.search.decoder import BodyWithHead

    end = resources.pieces.end
    pieces = sorted({end, *resources.demanded}.union(*resources.pieces.encode(config.lines())))
    return BodyWithHead(resources.model, Shortlist(resources.model, pieces, end), only=pieces)
