"""How well a query fits each key: the scores that attention over recurrent states goes by.

What concerns the keys alone is computed once for a sentence (`keys`). In the equations q is a query, k a key.

Notation: `N` rows, `H` heads, `T` queries of a row, `S` keys of a row, `d` width of a head. Scores are
float32.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from trainer.models.base import Tensor


class AttentionScore(keras.layers.Layer):
    """What all scores have: a factor of each head, or none.

    `scale` is `none`, `root` (`d^-0.5`, Vaswani et al. 2017, equation 1) or `learned`.
    """

    def __init__(self, heads: int, depth: int, scale: str, name: str = "score") -> None:
        super().__init__(name=name, autocast=False)
        self.heads, self.depth, self.scale = heads, depth, scale

    def build(self, input_shape: Any = None) -> None:
        """A factor [H], where it is learned."""
        if self.scale == "learned":
            start = keras.initializers.Constant(self._first_factor())
            self.factor = self._weight("factor", self.heads, initializer=start)
        self.built = True

    def keys(self, states: Tensor) -> Tensor:
        """[N, H, S, d] → as `call` reads them, [N, H, S, d]."""
        return states

    def call(self, query: Tensor, keys: Tensor) -> Tensor:
        """[N, H, T, d] and what `keys` gave → [N, H, T, S]."""
        return self.scaled(self._products(query, keys))

    def scaled(self, scores: Tensor) -> Tensor:
        """[N, H, T, S] times the factor."""
        if self.scale == "learned":
            return scores * self.factor[:, None, None]
        return scores * self.depth**-0.5 if self.scale == "root" else scores

    def _first_factor(self) -> float:
        return 1.0

    def _products(self, query: Tensor, keys: Tensor) -> Tensor:
        query, keys = (ops.cast(operand, self.compute_dtype) for operand in (query, keys))
        return ops.cast(ops.matmul(query, ops.swapaxes(keys, -1, -2)), "float32")

    def _map(self, states: Tensor, kernel: Tensor) -> Tensor:
        """[N, H, S, d] times a kernel [H, d, d] of its head."""
        states, kernel = (ops.cast(operand, self.compute_dtype) for operand in (states, kernel))
        return ops.einsum("nhsd,hde->nhse", states, kernel)

    def _weight(self, name: str, *shape: int, initializer: Any = "glorot_uniform") -> Any:
        return self.add_weight(
            shape=shape, initializer=initializer, dtype="float32", autocast=False, name=name
        )


class Dot(AttentionScore):
    """`q · k` (Luong et al. 2015, https://arxiv.org/abs/1508.04025, section 3.1)."""


class General(AttentionScore):
    """`q W k` (Luong et al. 2015, section 3.1)."""

    def build(self, input_shape: Any = None) -> None:
        """W [H, d, d]."""
        super().build()
        self.kernel = self._weight("kernel", self.heads, self.depth, self.depth)

    def keys(self, states: Tensor) -> Tensor:
        """See `AttentionScore`: `k W`, W transposed."""
        return self._map(states, self.kernel)


class Additive(AttentionScore):
    """`v · tanh(q W + k U)` (Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473, appendix A.1.2).

    Luong's `concat`, `v · tanh([q; k] W)`, is the same. With a learned scale it is normalised: v has the
    length of the factor, and a bias b stands in the sum (Salimans and Kingma 2016,
    https://arxiv.org/abs/1602.07868, equation 2).
    """

    def build(self, input_shape: Any = None) -> None:
        """W and U [H, d, d], v [H, d], and b [H, d] of the normalised form."""
        super().build()
        self.of_query = self._weight("query", self.heads, self.depth, self.depth)
        self.of_key = self._weight("key", self.heads, self.depth, self.depth)
        self.vector = self._weight("vector", self.heads, self.depth)
        if self.scale == "learned":
            self.bias = self._weight("bias", self.heads, self.depth, initializer="zeros")

    def keys(self, states: Tensor) -> Tensor:
        """See `AttentionScore`: `k U`, and b."""
        mapped = self._map(states, self.of_key)
        return mapped + ops.cast(self.bias, mapped.dtype)[:, None] if self.scale == "learned" else mapped

    def call(self, query: Tensor, keys: Tensor) -> Tensor:
        """See `AttentionScore`."""
        sums = self._map(query, self.of_query)[:, :, :, None] + keys[:, :, None]
        vector = ops.convert_to_tensor(self.vector)
        if self.scale == "learned":
            vector = vector * ops.rsqrt(ops.sum(ops.square(vector), axis=-1, keepdims=True))
        return self.scaled(ops.sum(ops.cast(ops.tanh(sums), "float32") * vector[:, None, None], axis=-1))

    def _first_factor(self) -> float:
        return self.depth**-0.5


class Cosine(AttentionScore):
    """`q · k / (|q| |k|)`, as content is looked up in Graves et al. 2014 (https://arxiv.org/abs/1410.5401,
    equations 5 and 6); their key strength is the learned scale.
    """

    def keys(self, states: Tensor) -> Tensor:
        """See `AttentionScore`: of length 1."""
        return _unit(states)

    def call(self, query: Tensor, keys: Tensor) -> Tensor:
        """See `AttentionScore`."""
        return self.scaled(self._products(_unit(query), keys))

    def _first_factor(self) -> float:
        return self.depth**0.5


def _unit(states: Tensor) -> Tensor:
    states = ops.cast(states, "float32")
    return states * ops.rsqrt(ops.sum(ops.square(states), axis=-1, keepdims=True) + 1e-12)


SCORES: dict[str, type[AttentionScore]] = {
    "dot": Dot,
    "general": General,
    "additive": Additive,
    "cosine": Cosine,
}
"""By the user's word."""
