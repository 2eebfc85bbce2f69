"""From pieces to vectors."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.positions import Positions


class Embedding(keras.layers.Layer):
    """Piece embeddings times sqrt(D) (Vaswani et al. 2017, section 3.4), plus positions where there are some.

    Positions are None in a network whose order is in its recurrence.
    """

    def __init__(
        self, vocabulary: int, width: int, dropout: float, positions: Positions | None, name: str
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.vocabulary, self.width = vocabulary, width
        self.positions = positions
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """One row of length D for each piece."""
        initializer = keras.initializers.RandomNormal(stddev=self.width**-0.5)
        self.table = self.add_weight(
            shape=(self.vocabulary, self.width),
            initializer=initializer,
            dtype="float32",
            autocast=False,
            name="table",
        )
        self.built = True

    def call(self, ids: Tensor, start_index: Any = 0, training: bool = False) -> Tensor:
        """[B, T] → [B, T, D]; the first piece stands at position `start_index`."""
        vectors = ops.take(self.table, ids, axis=0) * (self.width**0.5)
        if self.positions is not None:
            vectors = vectors + self.positions(vectors, start_index=start_index)
        return self.dropout(vectors, training=training)
