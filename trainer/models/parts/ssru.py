"""The simpler simple recurrent unit (Kim et al. 2019, https://aclanthology.org/D19-5632).

Notation: `B` batch, `T` length, `N` hypotheses, `D` model width.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Encoded, Result


class SSRU(keras.layers.Layer):
    """A `Part` of a decoder: `f = σ(W_f x + b_f)`, `c = f c' + (1 - f) W x`, output `relu(c)`, c' being that
    of the position before. No matrix product waits for it, so all positions are computed at once.
    """

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.forget_value = Linear(width, 2 * width, "forget_value", bias=False)

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out; the value has no bias."""
        self.forget_value.build()
        self.forget_bias = self.add_weight(
            shape=(self.width,), initializer="zeros", dtype="float32", name="forget_bias"
        )
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`."""
        forget, added = self._read(inputs)
        return ops.relu(accumulate(forget, added))

    def start(self, memory: Encoded) -> Tensor:
        """See `Part`: the cell [N, D] before anything was read."""
        return ops.zeros((ops.shape(memory.states)[0], self.width))

    def step(self, inputs: Tensor, state: Tensor) -> Result:
        """See `Part`."""
        forget, added = self._read(inputs[:, 0])
        cell = forget * state + added
        return Result(ops.relu(cell)[:, None], cell)

    def _read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        forget, value = ops.split(ops.cast(self.forget_value(inputs), "float32"), 2, axis=-1)
        forget = ops.sigmoid(forget + self.forget_bias)
        return forget, (1.0 - forget) * value


def accumulate(forget: Tensor, added: Tensor) -> Tensor:
    """All cells `c[t] = forget[t] c[t - 1] + added[t]`, [B, T, D], from 0 on.

    In about log2 T rounds, each of which joins every position's stretch with the stretch of the same length
    before it (Hillis & Steele 1986): a loop over the positions is many small operations one after another.
    """
    shape = ops.shape(added)

    def moved(states: Tensor, places: Tensor, before: float) -> Tensor:
        begin = ops.full((shape[0], places, shape[2]), before, dtype="float32")
        return ops.reshape(ops.concatenate([begin, states[:, : shape[1] - places]], axis=1), shape)

    def join(places: Tensor, forget: Tensor, cells: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return places * 2, forget * moved(forget, places, 1.0), cells + forget * moved(cells, places, 0.0)

    *_, cells = ops.while_loop(
        lambda places, *_: places < shape[1], join, (ops.convert_to_tensor(1, "int32"), forget, added)
    )
    return cells
