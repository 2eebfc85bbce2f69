"""Each cell step by step against numpy, and what a recurrence makes of padding and direction."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from trainer.models.parts.cells import CELLS, Cell
from trainer.models.parts.recurrence import Recurrence
from trainer.models.parts.sequence_dropout import SequenceDropout

D, READ = 3, 2
Array = np.ndarray


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _rnn(x: Array, state: list[Array], w: Array, u: Array, b: Array) -> list[Array]:
    return [np.tanh(x @ w + state[0] @ u + b)]


def _lstm(x: Array, state: list[Array], w: Array, u: Array, b: Array) -> list[Array]:
    h, c = state
    i, f, g, o = np.split(x @ w + h @ u + b, 4, axis=-1)
    c = _sigmoid(f + 1) * c + _sigmoid(i) * np.tanh(g)
    return [_sigmoid(o) * np.tanh(c), c]


def _gru(x: Array, state: list[Array], w: Array, u: Array, b: Array) -> list[Array]:
    (h,) = state
    (wz, wr, wg), (uz, ur, ug), (bz, br, bg) = (np.split(weights, 3, axis=-1) for weights in (w, u, b))
    z = _sigmoid(x @ wz + h @ uz + bz)
    r = _sigmoid(x @ wr + h @ ur + br)
    return [z * h + (1 - z) * np.tanh(x @ wg + (r * h) @ ug + bg)]


BY_HAND = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


def _cell(name: str) -> tuple[Cell, tuple[Array, Array, Array]]:
    cell = CELLS[name](READ, D, "cell")
    cell.build()
    return cell, _filled(cell)


def _filled(cell: Cell) -> tuple[Array, Array, Array]:
    """Weights that are no zeros anywhere: W, U and b."""
    draws = np.random.default_rng(5)
    weights = [draws.normal(size=variable.shape).astype(np.float32) for variable in cell.weights]
    cell.set_weights(weights)
    by_shape = {array.shape: array for array in weights}
    width = cell.gates * D
    return by_shape[READ, width], by_shape[D, width], by_shape[width,]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_its_equation(name: str) -> None:
    cell, weights = _cell(name)
    inputs = np.random.default_rng(6).normal(size=(4, 2, READ)).astype(np.float32)
    state: Any = cell.start(ops.convert_to_tensor(inputs[0]))
    expected = [np.zeros((2, D), np.float32)] * cell.states
    for x in inputs:
        state = cell.step(cell.project(ops.convert_to_tensor(x)), state)
        expected = BY_HAND[name](x, expected, *weights)
        for ours, theirs in zip(state, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("name", CELLS)
def test_recurrent_dropout_is_of_what_a_state_reads_of_itself(name: str) -> None:
    cell, _ = _cell(name)
    projected = cell.project(np.ones((1, READ), np.float32))
    state: Any = tuple(np.full((1, D), 0.5, np.float32) for _ in range(cell.states))
    nothing = cell.step(projected, (state[0] * 0, *state[1:]), None)
    dropped = cell.step(projected, state, np.zeros((1, D), np.float32))
    if name == "gru":  # What is kept of the state itself is not dropped.
        assert np.abs(dropped[0] - nothing[0]).max() > 1e-3
    else:
        np.testing.assert_allclose(dropped[0], nothing[0], atol=1e-6)
    assert np.abs(dropped[0] - cell.step(projected, state, None)[0]).max() > 1e-3


@pytest.mark.parametrize("backward", [False, True])
def test_a_recurrence_leaves_the_state_on_padding(backward: bool) -> None:
    layer = Recurrence(CELLS["lstm"](READ, D, "cell"), "layer", backward=backward)
    layer.build()
    weights = _filled(layer.cell)
    inputs = np.random.default_rng(7).normal(size=(2, 4, READ)).astype(np.float32)
    real = np.array([[True] * 4, [True, True, False, False]])
    hidden, last = layer(inputs, real)
    for row, length in ((0, 4), (1, 2)):
        places = range(length - 1, -1, -1) if backward else range(length)
        state = [np.zeros(D, np.float32)] * 2
        for place in places:
            state = _lstm(inputs[row, place], state, *weights)
            np.testing.assert_allclose(hidden[row, place], state[0], atol=1e-5)
        for ours, theirs in zip(last, state, strict=True):
            np.testing.assert_allclose(ours[row], theirs, atol=1e-5)


def test_variational_dropout_is_one_draw_for_all_positions() -> None:
    keras.utils.set_random_seed(4)
    ones = np.ones((5, 7, 40), np.float32)
    for variational in (False, True):
        layer = SequenceDropout(0.5, "dropout", variational=variational)
        np.testing.assert_array_equal(layer(ones), ones)
        dropped = ops.convert_to_numpy(layer(ones, training=True))
        assert set(np.unique(dropped)) == {0.0, 2.0}
        assert (dropped == dropped[:, :1]).all() == variational
        assert len({row.tobytes() for row in dropped[:, 0]}) == 5
