"""Dropout of a sequence: anew at each position, or one draw for all of them.

Notation: `B` batch, `T` length, `D` width.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.dropout import CheapDropout


class SequenceDropout(keras.layers.Layer):
    """Between layers (Zaremba et al. 2014, https://arxiv.org/abs/1409.2329); variational: the same elements
    of all positions of a sentence (Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287, section 4).
    """

    def __init__(self, rate: float, name: str, *, variational: bool = False) -> None:
        super().__init__(name=name, autocast=False)
        self.variational = variational
        self.dropout = CheapDropout(rate, name="draw")

    def build(self, input_shape: Any = None) -> None:
        """Nothing is learned."""
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """[B, T, D] → [B, T, D]."""
        kept = self.kept(inputs, training=training)
        return inputs if kept is None else inputs * kept

    def kept(self, like: Tensor, training: bool = False) -> Tensor | None:
        """What inputs of this shape are multiplied by, [B, T, D] or [B, 1, D] float32; None: by nothing."""
        if not training or not self.dropout.threshold:
            return None
        first = like[:, :1] if self.variational else like
        return self.dropout(ops.ones_like(first, dtype="float32"), training=True)
