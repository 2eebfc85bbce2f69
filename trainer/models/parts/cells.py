"""Recurrent cells: what has been read in a state of fixed size, moved on by one vector at a time.

A cell's inputs are projected apart from its step (`project`), so that all positions of a sequence that is
known go through one matrix product and only what depends on the state is left in the loop.

Notation: `N` rows, `I` width of the inputs, `D` width of the state, `G` gates, with the candidate; `σ` is the
logistic function, `∘` the product element by element. States and gates are float32.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.linear import Linear

CellState = tuple[Tensor, ...]
"""[N, D] each; the first is `h`, what others see of it."""


class Cell(keras.layers.Layer):
    """What all cells have: `x W + b` of the inputs, and `h U` of the state."""

    gates: ClassVar[int]
    states: ClassVar[int] = 1

    def __init__(self, inputs: int, width: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.input_projection = Linear(inputs, self.gates * width, "input")

    def build(self, input_shape: Any = None) -> None:
        """W [I, G x D], b [G x D], and U [D, G x D], orthogonal at first (Saxe et al. 2014)."""
        self.input_projection.build()
        self.recurrent = self.add_weight(
            shape=(self.width, self.gates * self.width),
            initializer="orthogonal",
            dtype="float32",
            autocast=False,
            name="recurrent",
        )
        self.built = True

    def start(self, like: Tensor) -> CellState:
        """Zeros, for as many rows as the tensor [N, ...] has."""
        return (ops.zeros((ops.shape(like)[0], self.width), dtype="float32"),) * self.states

    def project(self, inputs: Tensor) -> Tensor:
        """[..., I] → [..., G x D], without regard to the state."""
        return self.input_projection(inputs)

    def step(self, projected: Tensor, state: CellState, kept: Tensor | None = None) -> CellState:
        """Projected inputs [N, G x D] and the state before → the state after.

        Args:
            kept: [N, D], which the `h` that goes into U is multiplied by: recurrent dropout.
        """
        raise NotImplementedError

    def _product(self, hidden: Tensor, columns: slice = slice(None)) -> Tensor:
        """`h U`, or some columns of it."""
        kernel = ops.cast(self.recurrent[:, columns], self.compute_dtype)
        return ops.cast(ops.matmul(ops.cast(hidden, self.compute_dtype), kernel), "float32")


def _dropped(hidden: Tensor, kept: Tensor | None) -> Tensor:
    return hidden if kept is None else hidden * kept


class Elman(Cell):
    """`h' = tanh(x W + h U + b)` (Elman 1990, https://doi.org/10.1207/s15516709cog1402_1)."""

    gates = 1

    def step(self, projected: Tensor, state: CellState, kept: Tensor | None = None) -> CellState:
        """See `Cell`."""
        return (ops.tanh(ops.cast(projected, "float32") + self._product(_dropped(state[0], kept))),)


class Lstm(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    The bias of the forget gate starts at 1 (Jozefowicz et al. 2015): `i, f, g, o = x W + h U + b`, then
    `c' = σ(f + 1) ∘ c + σ(i) ∘ tanh(g)` and `h' = σ(o) ∘ tanh(c')`.
    """

    gates = 4
    states = 2

    def step(self, projected: Tensor, state: CellState, kept: Tensor | None = None) -> CellState:
        """See `Cell`; the state is `h` and `c`."""
        hidden, memory = state
        sums = ops.cast(projected, "float32") + self._product(_dropped(hidden, kept))
        write, forget, candidate, show = ops.split(sums, 4, axis=-1)
        memory = ops.sigmoid(forget + 1.0) * memory + ops.sigmoid(write) * ops.tanh(candidate)
        return ops.sigmoid(show) * ops.tanh(memory), memory


class Gru(Cell):
    """Gated recurrent unit (Cho et al. 2014, https://arxiv.org/abs/1406.1078, equations 5 to 8).

    `z, r = σ(x W + h U + b)`, `g = tanh(x W + (r ∘ h) U + b)`, each with columns of its own, then
    `h' = z ∘ h + (1 - z) ∘ g`.
    """

    gates = 3

    def step(self, projected: Tensor, state: CellState, kept: Tensor | None = None) -> CellState:
        """See `Cell`."""
        (hidden,) = state
        read, gates = _dropped(hidden, kept), 2 * self.width
        inputs = ops.cast(projected, "float32")
        sums = inputs[:, :gates] + self._product(read, slice(None, gates))
        keep, reset = ops.split(ops.sigmoid(sums), 2, axis=-1)
        candidate = ops.tanh(inputs[:, gates:] + self._product(reset * read, slice(gates, None)))
        return (keep * hidden + (1.0 - keep) * candidate,)


CELLS: dict[str, type[Cell]] = {"rnn": Elman, "lstm": Lstm, "gru": Gru}
"""By the user's word."""
