"""What stands around each part of a block."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.dropout import CheapDropout
from trainer.models.parts.norm import LayerNorm, Norm


class Residual(keras.layers.Layer):
    """A norm and dropout around a sub-layer: `x + f(norm(x))` (pre) or `norm(x + f(x))` (post).

    Post-norm is Vaswani et al. 2017, section 3.1; pre-norm Xiong et al. 2020 (https://arxiv.org/abs/2002.04745).
    """

    def __init__(
        self, width: int, norm: str, dropout: float, name: str, kind: type[Norm] = LayerNorm
    ) -> None:
        """`norm`: `pre` or `post`; `kind`: which."""
        super().__init__(name=name, autocast=False)
        self.width = width
        self.pre = norm == "pre"
        self.norm = kind(width, name="norm")
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """The norm is as wide as the model."""
        self.norm.build()
        self.built = True

    def before(self, inputs: Tensor) -> Tensor:
        """What the sub-layer reads."""
        return self.norm(inputs) if self.pre else inputs

    def after(self, inputs: Tensor, outputs: Tensor, training: bool = False) -> Tensor:
        """The sub-layer's outputs joined with its inputs; the residual stream stays in float32."""
        joined = inputs + ops.cast(self.dropout(outputs, training=training), "float32")
        return joined if self.pre else self.norm(joined)
