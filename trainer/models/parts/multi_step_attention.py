"""Attention of a convolutional decoder (Gehring et al. 2017, https://arxiv.org/abs/1705.03122, section 3.3).

Notation: `N` rows, `T` target length, `S` source length, `D` model width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.convolution import HALF
from trainer.models.parts.linear import Linear


class ConvolvedSource(NamedTuple):
    """What the encoder leaves for it."""

    states: Tensor
    """[N, S, D]: what is compared."""
    values: Tensor
    """[N, S, D]: what is read, the states with the pieces' own vectors."""
    mask: Tensor
    """[N, 1, S], added to logits: 0 where there is a piece, `MASKED` on padding."""
    scale: Tensor
    """[N, 1, 1]: the root of the number of pieces, by which their mean varies less than each (section
    3.4).
    """


class MultiStepAttention(keras.layers.Layer):
    """Each layer of the decoder has its own, and so sees where those below it looked."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.query = Linear(width, width, "query")
        self.output_projection = Linear(width, width, "output")

    def build(self, input_shape: Any = None) -> None:
        """[N, T, D] in and out."""
        self.query.build()
        self.output_projection.build()
        self.built = True

    def call(self, inputs: Tensor, embedded: Tensor, memory: ConvolvedSource) -> tuple[Tensor, Tensor]:
        """States [N, T, D] and the vectors of the last pieces, [N, T, D] → states with what was read
        (equation 2), and where each looked, [N, 1, T, S] (equation 1; logits are over the root of D, since
        vectors have a variance of 1 here and of 0.01 there).
        """
        query = (ops.cast(self.query(inputs), "float32") + embedded) * HALF
        logits = ops.matmul(query, ops.swapaxes(memory.states, -1, -2)) * self.width**-0.5
        weights = ops.softmax(logits + memory.mask, axis=-1)[:, None]
        read = ops.matmul(weights[:, 0], memory.values) * memory.scale
        return (inputs + ops.cast(self.output_projection(read), "float32")) * HALF, weights
