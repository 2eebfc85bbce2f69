"""`even-pieces`, a head that this file alone adds: pieces of even ids, their probabilities tempered."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import tensorflow as tf
from pydantic import Field

from trainer.search.candidates import Candidates
from trainer.search.decoder import BodyWithHead
from trainer.search.heads.base import HeadConfig, Resources
from trainer.search.interface import Model, Pieces


class EvenPiecesConfig(HeadConfig):
    """Only pieces of even ids, and the end."""

    name: Literal["even-pieces"] = "even-pieces"
    temperature: float = Field(1.0, gt=0)


class EvenPieces:
    """See the module."""

    def __init__(self, model: Model, pieces: Pieces, temperature: float) -> None:
        self._model, self._temperature = model, temperature
        self._pieces = np.unique([*range(0, pieces.size, 2), pieces.end]).astype(np.int32)

    def candidates(self, outputs: Any) -> Candidates:
        """See `Head.candidates`."""
        logits = self._model.logits(outputs, self._pieces) / self._temperature
        ids = tf.broadcast_to(tf.constant(self._pieces), tf.shape(logits))
        return Candidates(logits, tf.reduce_logsumexp(logits, axis=-1), ids)


def build(config: EvenPiecesConfig, resources: Resources) -> BodyWithHead:
    """The translator with this head."""
    model = resources.model
    return BodyWithHead(model, EvenPieces(model, resources.pieces, config.temperature))
