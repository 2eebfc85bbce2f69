"""Learned vectors of distances (Shaw et al. 2018, https://arxiv.org/abs/1803.02155).

Notation: `N` rows, `H` heads, `T` queries, `S` keys, `D/H` width of a head.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.relation import Relation, distances


class Relative(Relation):
    """For each distance up to `longest` one vector that is added to keys, and one to values (equations 3 to
    5); all heads have the same. What is farther away is as far as `longest`.
    """

    def __init__(self, depth: int, longest: int, name: str) -> None:
        super().__init__(name=name)
        self.depth, self.longest = depth, longest

    def build(self, input_shape: Any = None) -> None:
        """A row of length D/H for each distance, from `-longest` on."""
        initializer = keras.initializers.RandomNormal(stddev=self.depth**-0.5)
        self.keys, self.values = (
            self.add_weight(
                shape=(2 * self.longest + 1, self.depth), initializer=initializer, dtype="float32", name=name
            )
            for name in ("keys", "values")
        )
        self.built = True

    def weigh(self, logits: Tensor, query: Tensor) -> Tensor:
        """See `Relation`."""
        keys = self._of_pairs(self.keys, logits)
        return logits + ops.einsum("nhtd,tsd->nhts", ops.cast(query, "float32"), keys) * self.depth**-0.5

    def mix(self, context: Tensor, weights: Tensor) -> Tensor:
        """See `Relation`."""
        read = ops.einsum("nhts,tsd->nhtd", weights, self._of_pairs(self.values, weights))
        return context + ops.cast(read, context.dtype)

    def _of_pairs(self, table: Any, pairs: Tensor) -> Tensor:
        """Rows [T, S, D/H] of the table, for what is weighed, [N, H, T, S]."""
        shape = ops.shape(pairs)
        return ops.take(table, distances(shape[2], shape[3], self.longest) + self.longest, axis=0)
