"""Where a piece stands, as a vector that is added to the piece's own."""

from __future__ import annotations

from typing import Any, Protocol

import keras_nlp

from trainer.models.base import Tensor


class Positions(Protocol):
    """A layer of Keras."""

    def __call__(self, vectors: Tensor, start_index: Any = 0) -> Tensor:
        """For vectors [B, T, D] the positions, which broadcast to them; the first stands at `start_index`."""


def sinusoids() -> Positions:
    """Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), section 3.5: without weights."""
    layer: Positions = keras_nlp.layers.SinePositionEncoding(name="positions", dtype="float32")
    return layer
