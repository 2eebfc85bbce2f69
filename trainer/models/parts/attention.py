"""Multi-head scaled dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 1
and section 3.2.2): among the positions themselves, and over the memory.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import State, Tensor
from trainer.models.parts.linear import Linear
from trainer.models.parts.part import Context, Encoded, Result
from trainer.models.parts.relation import Relation


class MultiHead(keras.layers.Layer):
    """Heads, whatever they look at."""

    output_projection: Linear

    def __init__(self, width: int, heads: int, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width, self.heads = width, heads
        self.depth = width // heads

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | float
    ) -> tuple[Tensor, Tensor]:
        """Queries [B, H, T, D/H] over keys and values [B, H, S, D/H]; `mask` is added to the logits.

        Returns [B, T, D] and the weights [B, H, T, S].
        """
        context, weights = self.look(query, key, value, mask)
        return self.output_projection(self.join(context)), weights

    def look(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | float) -> tuple[Tensor, Tensor]:
        """As `attend`, but each head's own [B, H, T, D/H]."""
        weights = ops.softmax(self.logits(query, key) + mask, axis=-1)
        return ops.matmul(ops.cast(weights, value.dtype), value), weights

    def logits(self, query: Tensor, key: Tensor) -> Tensor:
        """Queries [..., T, D/H] and keys [..., S, D/H] → scaled products [..., T, S] float32."""
        return ops.cast(ops.matmul(query, ops.swapaxes(key, -1, -2)), "float32") * (self.depth**-0.5)

    def join(self, heads: Tensor) -> Tensor:
        """[B, H, T, D/H] → [B, T, D]."""
        context = ops.transpose(heads, (0, 2, 1, 3))
        shape = ops.shape(context)
        return ops.reshape(context, (shape[0], shape[1], self.width))

    def split(self, projected: Tensor, parts: int) -> list[Tensor]:
        """[B, T, parts x D] → for each part [B, H, T, D/H]."""
        return [self._split_heads(part) for part in ops.split(projected, parts, axis=-1)]

    def _split_heads(self, states: Tensor) -> Tensor:
        shape = ops.shape(states)
        return ops.transpose(ops.reshape(states, (shape[0], shape[1], self.heads, self.depth)), (0, 2, 1, 3))


class SelfAttention(MultiHead):
    """A `Part`: each position looks at those that the context's mask leaves, in steps at all before it."""

    def __init__(self, width: int, heads: int, name: str, relation: Relation | None = None) -> None:
        """`relation`: how it knows distances; it may be that of other layers, too."""
        super().__init__(width, heads, name)
        self.query_key_value = Linear(width, 3 * width, "query_key_value")
        self.output_projection = Linear(width, width, "output")
        self.relation = relation or Relation()

    def build(self, input_shape: Any = None) -> None:
        """All projections read vectors of the model's width."""
        self.query_key_value.build()
        self.output_projection.build()
        if not self.relation.built:
            self.relation.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`."""
        assert context.mask is not None
        query, key, value = self.read(inputs, ops.arange(ops.shape(inputs)[1]))
        return self.attend(query, key, value, context.mask)[0]

    def start(self, memory: Encoded) -> State:
        """See `Part`: nothing has been read, `KeysValues`."""
        empty = ops.zeros((ops.shape(memory.states)[0], self.heads, 0, self.depth), dtype=self.compute_dtype)
        return KeysValues(empty, empty)

    def step(self, inputs: Tensor, state: State) -> Result:
        """See `Part`."""
        query, key, value = self.read(inputs, ops.shape(state.keys)[2:3])
        keys = ops.concatenate([state.keys, key], axis=2)
        values = ops.concatenate([state.values, value], axis=2)
        return Result(self.attend(query, keys, values, 0.0)[0], KeysValues(keys, values))

    def read(self, inputs: Tensor, places: Any) -> tuple[Tensor, Tensor, Tensor]:
        """[B, T, D] at the places [T], or [B, T], → queries, keys and values [B, H, T, D/H]."""
        query, key, value = self.split(self.query_key_value(inputs), 3)
        return self.relation.turn(query, places), self.relation.turn(key, places), value

    def look(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | float) -> tuple[Tensor, Tensor]:
        """See `MultiHead.look`."""
        logits = self.relation.weigh(self.logits(query, key), query)
        weights = ops.softmax(logits + mask, axis=-1)
        return self.relation.mix(ops.matmul(ops.cast(weights, value.dtype), value), weights), weights


class KeysValues(NamedTuple):
    """What self-attention has read: [N, H, t, D/H] each."""

    keys: Tensor
    values: Tensor


class CrossAttention(MultiHead):
    """A `Part`: each position looks at all of the memory."""

    def __init__(self, width: int, heads: int, name: str) -> None:
        super().__init__(width, heads, name)
        self.query = Linear(width, width, "query")
        self.key_value = Linear(width, 2 * width, "key_value")
        self.output_projection = Linear(width, width, "output")

    def build(self, input_shape: Any = None) -> None:
        """All projections read vectors of the model's width."""
        self.query.build()
        self.key_value.build()
        self.output_projection.build()
        self.built = True

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`."""
        assert context.memory is not None
        return self._look(inputs, self.start(context.memory))[0]

    def explain(self, inputs: Tensor, context: Context, training: bool = False) -> tuple[Tensor, Tensor]:
        """See `ExplainingPart`."""
        assert context.memory is not None
        return self._look(inputs, self.start(context.memory))

    def start(self, memory: Encoded) -> Projected:
        """See `Part`: all that there is to look at."""
        keys, values = self.split(self.key_value(memory.states), 2)
        return Projected(keys, values, memory.mask)

    def step(self, inputs: Tensor, state: Projected) -> Result:
        """See `Part`."""
        outputs, weights = self._look(inputs, state)
        return Result(outputs, state, weights[:, :, 0])

    def _look(self, inputs: Tensor, memory: Projected) -> tuple[Tensor, Tensor]:
        (query,) = self.split(self.query(inputs), 1)
        return self.attend(query, *memory)


class Projected(NamedTuple):
    """The memory as cross-attention looks at it."""

    keys: Tensor
    """[N, H, S, D/H]"""
    values: Tensor
    mask: Tensor
    """[N, 1, 1, S]"""
