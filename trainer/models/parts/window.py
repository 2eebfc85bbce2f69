"""Local attention (Luong et al. 2015, https://arxiv.org/abs/1508.04025, section 3.2): a part of the source.

Notation: `N` rows, `T` queries of a row, `S` source length, `D` width of a query. Places count from 0.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.linear import Linear


class LocalWindow(keras.layers.Layer):
    """local-m: query t looks around place t, as if translation were monotonic, and past the end of the source
    around its last piece. `reach` pieces on each side are seen.
    """

    def __init__(self, reach: int, name: str = "window") -> None:
        super().__init__(name=name, autocast=False)
        self.reach = reach

    def build(self, input_shape: Any = None) -> None:
        """Nothing is learned."""
        self.built = True

    def centres(self, queries: Tensor, positions: Tensor, lengths: Tensor) -> Tensor:
        """Queries [N, T, D] at positions of the target, [N, T] or [1, T], and source lengths [N] → places in
        the source, [N, T] float32.
        """
        del queries
        return ops.minimum(positions, lengths[:, None] - 1.0)

    def distances(self, centres: Tensor, length: Any) -> Tensor:
        """[N, T] → [N, T, S]: how far after its centre each of S pieces stands."""
        return ops.arange(length, dtype="float32") - centres[:, :, None]

    def weigh(self, weights: Tensor, distances: Tensor) -> Tensor:
        """The weights [N, H, T, S] of what is in the window, by the distances [N, T, S]."""
        del distances
        return weights


class PredictedWindow(LocalWindow):
    """local-p: the centre is predicted, `p = S σ(v · tanh(q W))` (equation 9), and weights fall off around it
    by `exp(-(s - p)² / 2σ²)` with σ half the reach (equation 10).
    """

    def __init__(self, reach: int, width: int, name: str = "window") -> None:
        super().__init__(reach, name)
        self.inner = Linear(width, width, "inner", bias=False)
        self.outer = Linear(width, 1, "outer", bias=False)

    def build(self, input_shape: Any = None) -> None:
        """W [D, D] and v [D, 1]."""
        self.inner.build()
        self.outer.build()
        self.built = True

    def centres(self, queries: Tensor, positions: Tensor, lengths: Tensor) -> Tensor:
        """See `LocalWindow`."""
        del positions
        share = self.outer(ops.tanh(self.inner(queries)))[:, :, 0]
        return lengths[:, None] * ops.sigmoid(ops.cast(share, "float32"))

    def weigh(self, weights: Tensor, distances: Tensor) -> Tensor:
        """See `LocalWindow`."""
        return weights * ops.exp(-2.0 * ops.square(distances * (1.0 / self.reach)))[:, None]
