"""Where a piece stands, as a vector that is added to the piece's own."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import keras_nlp
import numpy as np
from keras import ops

from trainer.models.base import Tensor


class Positions(Protocol):
    """A layer of Keras."""

    def build(self, input_shape: Any) -> None:
        """Make all weights; vectors are [B, T, D]."""

    def __call__(self, vectors: Tensor, start_index: Any = 0) -> Tensor:
        """For vectors [B, T, D] the positions, which broadcast to them; the first stands at `start_index`."""


def sinusoids() -> Positions:
    """Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), section 3.5: without weights."""
    layer: Positions = keras_nlp.layers.SinePositionEncoding(name="positions", dtype="float32")
    return layer


class SinusoidsInHalves(keras.layers.Layer):
    """`Positions`: the same numbers as `sinusoids`, all sines before all cosines. Without weights."""

    def __init__(self, width: int, name: str = "positions") -> None:
        super().__init__(name=name, dtype="float32")
        self.width = width
        self.rates = (1e-4 ** (np.arange(0, width, 2) / width)).astype(np.float32)

    def call(self, vectors: Tensor, start_index: Any = 0) -> Tensor:
        """See `Positions`."""
        places = ops.cast(ops.arange(ops.shape(vectors)[1]) + start_index, "float32")
        angles = places[:, None] * self.rates
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)[None, :, : self.width]


class LearnedPositions(keras.layers.Layer):
    """`Positions`: a vector for each of the first `longest` places (Gehring et al. 2017,
    https://arxiv.org/abs/1705.03122, section 3.1); all after them have that of the last.
    """

    def __init__(self, width: int, longest: int, name: str = "positions") -> None:
        super().__init__(name=name, dtype="float32")
        self.width, self.longest = width, longest

    def build(self, input_shape: Any = None) -> None:
        """One row of length D for each place."""
        initializer = keras.initializers.RandomNormal(stddev=self.width**-0.5)
        self.table = self.add_weight(shape=(self.longest, self.width), initializer=initializer, name="table")
        self.built = True

    def call(self, vectors: Tensor, start_index: Any = 0) -> Tensor:
        """See `Positions`."""
        places = ops.arange(ops.shape(vectors)[1]) + start_index
        return ops.take(self.table, ops.minimum(places, self.longest - 1), axis=0)[None]
