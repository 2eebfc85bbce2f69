"""How self-attention knows how far a piece is from another one, where that is not in the pieces' vectors.

Notation: `N` rows, `H` heads, `T` queries, `S` keys, `D/H` width of a head. Queries are the last T of the
S places.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor


class Relation(keras.layers.Layer):
    """Says nothing: the base of those that do, each by one or two of these ways."""

    def __init__(self, name: str = "relation") -> None:
        super().__init__(name=name, autocast=False)

    def build(self, input_shape: Any = None) -> None:
        """Without weights."""
        self.built = True

    def turn(self, vectors: Tensor, places: Tensor) -> Tensor:
        """Queries or keys [N, H, T, D/H] at the places [T], or [N, T], → what is compared."""
        del places
        return vectors

    def weigh(self, logits: Tensor, query: Tensor) -> Tensor:
        """Scaled logits [N, H, T, S] and their queries [N, H, T, D/H] → logits."""
        del query
        return logits

    def mix(self, context: Tensor, weights: Tensor) -> Tensor:
        """What was read, [N, H, T, D/H], and with which weights [N, H, T, S] → what is handed on."""
        del weights
        return context


def distances(queries: Any, keys: Any, longest: int) -> Tensor:
    """How far [T, S] each key is ahead of each query (behind: below 0), at most `longest`."""
    places = ops.arange(keys, dtype="int32")
    ahead = places[None, :] - places[keys - queries :, None]
    return ops.clip(ahead, -longest, longest)
