"""Self-attention in a window, with pieces that all see (Longformer: Beltagy et al. 2020,
https://arxiv.org/abs/2004.05150, section 3.1).

Notation: `B` batch, `N` hypotheses, `H` heads, `T` length, `D/H` width of a head, `W` window, `G` global
pieces, `n` blocks of W pieces.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from trainer.models.base import State, Tensor
from trainer.models.parts.attention import SelfAttention
from trainer.models.parts.part import MASKED, Context, Encoded, Result
from trainer.models.parts.relation import Relation


class WindowState(NamedTuple):
    """What a decoder has read and still sees, at most G + W pieces."""

    keys: Tensor
    """[N, H, ., D/H]"""
    values: Tensor
    read: Tensor
    """[N] int32: how many pieces."""


class WindowedSelfAttention(SelfAttention):
    """A `Part`: each position looks at the W positions on each side of it, and at the first G; in an encoder
    these look at all. A decoder looks backwards alone.

    Pieces are in blocks of W, and a block looks at itself and its neighbours: time and memory grow with
    T x W.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        name: str,
        *,
        window: int,
        global_pieces: int,
        both_ways: bool,
        relation: Relation | None = None,
    ) -> None:
        """`relation`: one that only turns queries and keys."""
        super().__init__(width, heads, name, relation)
        self.window, self.global_pieces, self.both_ways = window, global_pieces, both_ways

    def call(self, inputs: Tensor, context: Context, training: bool = False) -> Tensor:
        """See `Part`."""
        length = ops.shape(inputs)[1]
        query, key, value = self.read(inputs, ops.arange(length))
        mask = self._mask(context, inputs)
        read = self._in_blocks(query, key, value, mask)[:, :, :length]
        if self.both_ways and self.global_pieces:
            all_seen = self.look(query[:, :, : self.global_pieces], key, value, mask[:, None, None, :])[0]
            read = ops.concatenate([all_seen, read[:, :, self.global_pieces :]], axis=2)
        return self.output_projection(self.join(read))

    def start(self, memory: Encoded) -> State:
        """See `Part`: nothing has been read, `WindowState`."""
        nothing = super().start(memory)
        return WindowState(
            nothing.keys, nothing.values, ops.zeros((ops.shape(memory.states)[0],), dtype="int32")
        )

    def step(self, inputs: Tensor, state: State) -> Result:
        """See `Part`: all that is kept is seen."""
        query, key, value = self.read(inputs, state.read[:, None])
        keys = ops.concatenate([state.keys, key], axis=2)
        values = ops.concatenate([state.values, value], axis=2)
        outputs = self.attend(query, keys, values, 0.0)[0]
        return Result(outputs, WindowState(self._kept(keys), self._kept(values), state.read + 1))

    def _kept(self, cache: Tensor) -> Tensor:
        """The first G pieces, and the last W of the others."""
        first, others = cache[:, :, : self.global_pieces], cache[:, :, self.global_pieces :]
        return ops.concatenate([first, others[:, :, -self.window :]], axis=2)

    def _mask(self, context: Context, inputs: Tensor) -> Tensor:
        """Of each key [B, T], or [1, T]; a decoder's window knows by itself what comes later."""
        if not self.both_ways:
            return ops.zeros((1, ops.shape(inputs)[1]))
        assert context.mask is not None
        return context.mask[:, 0, 0]

    def _in_blocks(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """Queries, keys and values [B, H, T, D/H] → what each query found, [B, H, n W, D/H]."""
        shape, window = ops.shape(query), self.window
        count = (shape[2] + window - 1) // window
        missing = count * window - shape[2]

        def blocks(vectors: Tensor) -> Tensor:
            padded = ops.pad(vectors, [[0, 0], [0, 0], [0, missing], [0, 0]])
            return ops.reshape(padded, (shape[0], self.heads, count, window, self.depth))

        masks = ops.pad(mask, [[0, 0], [0, missing]], constant_values=MASKED)
        masks = ops.reshape(masks, (-1, 1, count, 1, window))
        near = self._beside(masks, axis=-1, at_ends=MASKED) + self._near(count)
        seen, values = self._beside(blocks(key), axis=3), self._beside(blocks(value), axis=3)
        logits = self.logits(blocks(query), seen) + near
        spans = [logits]
        if self.global_pieces:
            first = key[:, :, None, : self.global_pieces], value[:, :, None, : self.global_pieces]
            spans.append(self.logits(blocks(query), first[0]) + self._global(mask, count))
        weights = ops.softmax(ops.concatenate(spans, axis=-1), axis=-1)
        extent = ops.shape(seen)[3]
        mixed = ops.matmul(ops.cast(weights[..., :extent], values.dtype), values)
        if self.global_pieces:
            mixed = mixed + ops.matmul(ops.cast(weights[..., extent:], values.dtype), first[1])
        return ops.reshape(mixed, (shape[0], self.heads, count * window, self.depth))

    def _beside(self, blocks: Tensor, axis: int, at_ends: float = 0.0) -> Tensor:
        """Blocks [B, ., n, ...] of which each has the one before it, and one after it, joined to it."""
        outside = ops.full_like(blocks[:, :, :1], at_ends)
        parts = [ops.concatenate([outside, blocks[:, :, :-1]], axis=2), blocks]
        if self.both_ways:
            parts.append(ops.concatenate([blocks[:, :, 1:], outside], axis=2))
        return ops.concatenate(parts, axis=axis)

    def _places(self, count: Any) -> tuple[Any, Any]:
        """Of the queries [n, W, 1], and of the keys that each block has before it, [n, 1, 2 W or 3 W]."""
        begins = ops.arange(count, dtype="int32")[:, None, None] * self.window
        queries = begins + ops.arange(self.window, dtype="int32")[None, :, None]
        extent = (3 if self.both_ways else 2) * self.window
        return queries, begins + ops.arange(extent, dtype="int32")[None, None, :] - self.window

    def _near(self, count: Any) -> Tensor:
        """Mask [n, W, 2 W or 3 W] of the window; the first G are seen elsewhere."""
        queries, keys = self._places(count)
        behind = queries - keys
        near = (behind <= self.window) & (behind >= (-self.window if self.both_ways else 0))
        return ops.where(near & (keys >= self.global_pieces), 0.0, MASKED)

    def _global(self, mask: Tensor, count: Any) -> Tensor:
        """Mask [B or 1, 1, n, W, G] of the first G."""
        first = mask[:, None, None, None, : self.global_pieces]
        if self.both_ways:
            return first
        later = ops.arange(ops.shape(first)[-1], dtype="int32") > self._places(count)[0]
        return first + ops.where(later, MASKED, 0.0)
