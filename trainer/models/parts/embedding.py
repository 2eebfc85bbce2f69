"""From pieces to vectors."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.linear import Linear
from trainer.models.parts.positions import Positions


class Embedding(keras.layers.Layer):
    """Piece embeddings times sqrt(D) (Vaswani et al. 2017, section 3.4), plus positions where there are some.

    Positions are None in a network whose order is in its recurrence, or in its attention. With an `inner`
    width E the table is [V, E] and a linear map leads from E to D (Lan et al. 2020,
    https://arxiv.org/abs/1909.11942, section 3.1).
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        dropout: float,
        positions: Positions | None,
        name: str,
        inner: int | None = None,
    ) -> None:
        super().__init__(name=name, autocast=False)
        self.vocabulary, self.width = vocabulary, width
        self.inner = inner or width
        self.widening = Linear(inner, width, "widening") if inner else None
        self.positions = positions
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """One row of length D, or E, for each piece."""
        initializer = keras.initializers.RandomNormal(stddev=self.inner**-0.5)
        self.table = self.add_weight(
            shape=(self.vocabulary, self.inner),
            initializer=initializer,
            dtype="float32",
            autocast=False,
            name="table",
        )
        if self.widening is not None:
            self.widening.build()
        if self.positions is not None:
            self.positions.build((None, None, self.width))
        self.built = True

    def call(self, ids: Tensor, start_index: Any = 0, training: bool = False) -> Tensor:
        """[B, T] → [B, T, D]; the first piece stands at position `start_index`."""
        vectors = ops.take(self.table, ids, axis=0) * (self.inner**0.5)
        if self.widening is not None:
            vectors = ops.cast(self.widening(vectors), "float32")
        if self.positions is not None:
            vectors = vectors + self.positions(vectors, start_index=start_index)
        return self.dropout(vectors, training=training)


def project(states: Tensor, projection: Linear | None, embedding: Embedding, dtype: str) -> Tensor:
    """States [..., D] → float32 logits [..., V] by an output layer of their own; without one by the
    embedding's table, transposed, in `dtype`.
    """
    if projection is not None:
        return ops.cast(projection(states), "float32")
    table = ops.cast(embedding.table, dtype)
    return ops.cast(ops.matmul(ops.cast(states, dtype), ops.transpose(table)), "float32")
