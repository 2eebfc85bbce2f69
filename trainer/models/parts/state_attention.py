"""Attention of a recurrent decoder over the states of an encoder: a score, a window, heads, soft or hard.

Notation: `N` rows, `T` queries of a row, `S` source length, `D` model width, `H` heads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Tensor
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import MASKED
from trainer.models.parts.scores import AttentionScore
from trainer.models.parts.window import LocalWindow


class AttendedStates(NamedTuple):
    """The encoder's states as they are looked at, [N, H, S, D/H]."""

    keys: Tensor
    values: Tensor
    real: Tensor
    """[N, S] float32: 1 where there is a piece, 0 on padding."""


class StateAttention(keras.layers.Layer):
    """`c = Σ a k`, a the softmax of the scores (Bahdanau et al. 2015, equations 5 and 6).

    Of several heads each has projections of its own of queries, keys and values (Vaswani et al. 2017, section
    3.2.2); one head looks with the states themselves.
    """

    def __init__(
        self,
        width: int,
        score: AttentionScore,
        window: LocalWindow | None,
        *,
        hard: bool,
        name: str = "attention",
    ) -> None:
        """`hard`: outside of training the one piece with the largest weight is all that is seen (Xu et al.
        2015, https://arxiv.org/abs/1502.03044, section 4.1, where it is drawn in training too).
        """
        super().__init__(name=name, autocast=False)
        self.width, self.score, self.window, self.hard = width, score, window, hard
        several = score.heads > 1
        self.query = Linear(width, width, "query", bias=False) if several else None
        self.key_value = Linear(width, 2 * width, "key_value", bias=False) if several else None

    def build(self, input_shape: Any = None) -> None:
        """States of both sides are of width D."""
        for layer in (self.score, self.window, self.query, self.key_value):
            if layer is not None:
                layer.build()
        self.built = True

    def start(self, states: Tensor, real: Tensor) -> AttendedStates:
        """The encoder's states [N, S, D] and `real` [N, S] → what `call` looks at."""
        if self.key_value is None:
            keys = values = self._split_heads(states)
        else:
            keys, values = map(self._split_heads, ops.split(self.key_value(states), 2, axis=-1))
        return AttendedStates(self.score.keys(keys), ops.cast(values, self.compute_dtype), real)

    def call(
        self, queries: Tensor, looked: AttendedStates, positions: Tensor, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Queries [N, T, D] at positions [N, T] or [1, T] of the target → contexts [N, T, D] float32 and what
        explains them, [N, T, S] float32: the mean of the heads' weights, rows of sum 1.
        """
        heads = self._split_heads(queries if self.query is None else self.query(queries))
        scores = self.score(heads, looked.keys) + ((looked.real - 1.0) * -MASKED)[:, None, None]
        if self.window is None:
            weights = ops.softmax(scores, axis=-1)
        else:
            centres = self.window.centres(queries, positions, ops.sum(looked.real, axis=1))
            distances = self.window.distances(centres, ops.shape(looked.real)[1])
            outside = ops.cast(ops.abs(distances) > self.window.reach, "float32")
            weights = self.window.weigh(ops.softmax(scores + outside[:, None] * MASKED, axis=-1), distances)
        if self.hard and not training:
            weights = ops.one_hot(ops.argmax(weights, axis=-1), ops.shape(weights)[-1], dtype="float32")
        contexts = ops.matmul(ops.cast(weights, looked.values.dtype), looked.values)
        contexts = ops.cast(ops.transpose(contexts, (0, 2, 1, 3)), "float32")
        shape = ops.shape(contexts)
        explained = ops.mean(weights, axis=1)
        explained = explained / ops.sum(explained, axis=-1, keepdims=True)
        return ops.reshape(contexts, (shape[0], shape[1], self.width)), explained

    def _split_heads(self, states: Tensor) -> Tensor:
        """[N, T, D] → [N, H, T, D/H]."""
        shape, heads = ops.shape(states), self.score.heads
        split = ops.reshape(states, (shape[0], shape[1], heads, self.width // heads))
        return ops.transpose(split, (0, 2, 1, 3))
