"""A learned number for each bucket of distances (T5: Raffel et al. 2020, https://arxiv.org/abs/1910.10683,
section 2.1).

Notation: `N` rows, `H` heads, `T` queries, `S` keys.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.relation import Relation, distances

BUCKETS = 32
LONGEST = 128
"""What is farther away is in the last bucket."""


class Buckets(Relation):
    """Adds to the logits of each head a number that depends on the distance: the nearer half of the buckets
    holds one distance each, the others grow with the logarithm. All layers of a side have the same numbers.
    """

    def __init__(self, heads: int, name: str, *, both_ways: bool) -> None:
        """`both_ways`: what lies ahead has half of the buckets; else nothing of it is seen."""
        super().__init__(name=name)
        self.heads = heads
        self.places = np.array(
            [_bucket(ahead, both_ways) for ahead in range(-LONGEST, LONGEST + 1)], np.int32
        )

    def build(self, input_shape: Any = None) -> None:
        """A row of length H for each bucket."""
        self.table = self.add_weight(
            shape=(BUCKETS, self.heads), initializer="glorot_uniform", dtype="float32", name="table"
        )
        self.built = True

    def weigh(self, logits: Tensor, query: Tensor) -> Tensor:
        """See `Relation`."""
        shape = ops.shape(logits)
        by_distance = ops.take(self.table, self.places, axis=0)
        numbers = ops.take(by_distance, distances(shape[2], shape[3], LONGEST) + LONGEST, axis=0)
        return logits + ops.transpose(numbers, (2, 0, 1))[None]


def _bucket(ahead: int, both_ways: bool) -> int:
    """The bucket of a distance, which is below 0 behind."""
    count = BUCKETS // 2 if both_ways else BUCKETS
    first = count if both_ways and ahead > 0 else 0
    far = abs(ahead) if both_ways else max(-ahead, 0)
    exact = count // 2
    if far < exact:
        return first + far
    grown = exact + int(math.log(far / exact) / math.log(LONGEST / exact) * (count - exact))
    return first + min(grown, count - 1)
