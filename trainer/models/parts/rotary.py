"""Rotary positions (Su et al. 2021, https://arxiv.org/abs/2104.09864).

Notation: `N` rows, `H` heads, `T` length, `D/H` width of a head.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.relation import Relation

BASE = 10_000.0


class Rotary(Relation):
    """Turns each pair of numbers of queries and keys by an angle that grows with the place (equations 15 and
    34), so that their product depends on their distance alone (equation 16). Without weights.
    """

    def __init__(self, depth: int, name: str) -> None:
        """For heads of the width `depth`, which is even."""
        super().__init__(name=name)
        self.rates = (BASE ** (-np.arange(0, depth, 2) / depth)).astype(np.float32)

    def turn(self, vectors: Tensor, places: Tensor) -> Tensor:
        """See `Relation`."""
        angles = ops.cast(places, "float32")[..., None] * self.rates
        if len(angles.shape) == 3:
            angles = angles[:, None]
        sines, cosines = (ops.cast(wave(angles), vectors.dtype) for wave in (ops.sin, ops.cos))
        shape = ops.shape(vectors)
        pairs = ops.reshape(vectors, (*shape[:-1], len(self.rates), 2))
        first, second = pairs[..., 0], pairs[..., 1]
        turned = ops.stack([first * cosines - second * sines, first * sines + second * cosines], axis=-1)
        return ops.reshape(turned, shape)
