"""A body for search that copies no cache.

The keys and values of every beam stay where they were written, in cell time x K + beam. What changes hands
when beams are reordered is the mask [B, K, cells] alone, which says for each hypothesis which cells are its
own ancestors. The cache grows in steps, so that attention reads few empty cells, and its products have few
different shapes.

For one sentence a step costs as much as it has operations: so all layers have one cache, of which each is a
slice that nobody copies, and shapes are computed once for all of them.

Notation: `B` sentences, `K` beams, `R` rows (`B` x `K`), `C` cells, `D` model width, `H` heads,
`L` decoder layers, `S` source length, `V` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from trainer.models.parts.part import MASKED
from trainer.models.transformer.layers import (
    after,
    attend,
    before,
    feed_forward,
    linear,
    normalize,
    split_heads,
)
from trainer.models.transformer.weights import LinearWeights, Weights
from trainer.search.interface import BodyOutput
from trainer.vocabulary import PAD

GROWTH = 16
"""Steps for which the cache has room when it is new or full."""


class DecoderState(NamedTuple):
    """Between two steps."""

    cells: tf.Tensor
    """[2 L, B, H, C, D/H]: the first layer's keys, its values, the next layer's keys and so on."""
    mask: tf.Tensor
    """[B, K, C]: 0 where a hypothesis's own ancestors are, `MASKED` elsewhere."""
    cross: tf.Tensor
    """[2 L, B, H, S, D/H]: keys and values of the source, one for all beams of a sentence."""
    cross_mask: tf.Tensor
    """[B, 1, 1, S]"""


class Shapes(NamedTuple):
    """What the layers of one step need of the shapes of its tensors, each int32."""

    rows: tf.Tensor
    """[5]: of queries, keys and values: B, K, 3, H, D/H."""
    query: tf.Tensor
    """[4]: B, K, H, D/H."""
    flat: tf.Tensor
    """[2]: cells as rows of the K x D/H numbers that one step writes."""
    cells: tf.Tensor
    """[5]"""
    written: tf.Tensor
    """[2 B H]: the rows that the first layer writes."""
    layer: tf.Tensor
    """Rows that a layer has."""


class FastBody:
    """`Model` of `trainer.search` from weights that are held, for at most `longest` pieces a side."""

    def __init__(self, weights: Weights, longest: int) -> None:
        self._weights = weights
        self._positions = weights.positions(longest)
        self._encode = tf.function(
            self._encode_graph, input_signature=[tf.TensorSpec([None, None], tf.int32)]
        )
        self._slices = 2 * len(weights.decoder)
        cache = tf.TensorSpec([self._slices, None, weights.heads, None, weights.depth])
        self.state_spec = DecoderState(
            cache, tf.TensorSpec([None, None, None]), cache, tf.TensorSpec([None, 1, 1, None])
        )

    def start(self, source: tf.Tensor, beams: int) -> DecoderState:
        """Source ids [B, S], padded with `PAD` → the state before the first step, without room."""
        cross, cross_mask = self._encode(source)
        batch, weights = tf.shape(source)[0], self._weights
        empty = tf.zeros([self._slices, batch, weights.heads, 0, weights.depth])
        return DecoderState(empty, tf.zeros([batch, beams, 0]), cross, cross_mask)

    def reorder(self, state: DecoderState, parents: tf.Tensor, time: tf.Tensor) -> DecoderState:
        """See `Stateful.reorder`."""
        del time
        return state._replace(mask=tf.gather(state.mask, parents, axis=1, batch_dims=1))

    def select(self, state: DecoderState, rows: tf.Tensor) -> DecoderState:
        """See `Stateful.select`."""
        cells, cross = tf.gather(state.cells, rows, axis=1), tf.gather(state.cross, rows, axis=1)
        return DecoderState(cells, tf.gather(state.mask, rows), cross, tf.gather(state.cross_mask, rows))

    def reserve(self, state: DecoderState, time: tf.Tensor) -> tuple[DecoderState, tf.Tensor]:
        """See `Stateful.reserve`: room for at least one step, up to a multiple of `GROWTH`."""
        room = (time // GROWTH + 1) * GROWTH
        missing = room * tf.shape(state.mask)[1] - tf.shape(state.mask)[2]

        def grown() -> tuple[tf.Tensor, tf.Tensor]:
            # `Empty` is stateful, so the optimizer never makes one buffer of two caches, which `_write` would
            # mix.
            outer, _, inner = tf.split(tf.shape(state.cells), [3, 1, 1])
            more = tf.raw_ops.Empty(
                shape=tf.concat([outer, [missing], inner], 0), dtype=tf.float32, init=True
            )
            mask = tf.pad(state.mask, [[0, 0], [0, 0], [0, missing]], constant_values=MASKED)
            return tf.concat([state.cells, more], axis=3), mask

        # After most rounds there is room, and all of the cache would be copied for nothing.
        cells, mask = tf.cond(missing > 0, grown, lambda: (state.cells, state.mask))
        return state._replace(cells=cells, mask=mask), room

    def _encode_graph(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Source ids [B, S] → `DecoderState.cross` and its mask."""
        weights, shape = self._weights, tf.shape(source)
        rows, width = (shape[0], shape[1]), weights.width
        mask = tf.where(source == PAD, MASKED, 0.0)[:, None, None, :]
        states = (
            tf.gather(tf.convert_to_tensor(weights.source_table), source)
            + tf.constant(self._positions)[: shape[1]]
        )
        states = tf.reshape(states, [-1, width])
        for layer in weights.encoder:
            projected = linear(before(states, layer), layer.query_key_value)
            query, key, value = tf.unstack(split_heads(projected, [*rows, 3, *weights.head_shape]))
            attended = linear(attend(query, key, value, mask, width)[0], layer.attention_output)
            states = feed_forward(after(states, attended, layer, 0), layer)
        if weights.encoder_norm is not None:
            states = normalize(states, weights.encoder_norm)
        cross = [
            split_heads(linear(states, _given(layer.cross_key_value)), [*rows, 2, *weights.head_shape])
            for layer in weights.decoder
        ]
        return tf.concat(cross, axis=0), mask

    def step(
        self, tokens: tf.Tensor, state: DecoderState, time: tf.Tensor
    ) -> tuple[BodyOutput, DecoderState]:
        """See `Body.step`; the attention is that of the last layer, the mean of its heads."""
        weights, shape = self._weights, tf.shape(tokens)
        shapes, mask = self._begin(shape, state, time)
        states = tf.gather(tf.convert_to_tensor(weights.target_table), tf.reshape(tokens, [-1]))
        states += tf.constant(self._positions)[time]
        cells, heads = tf.reshape(state.cells, shapes.flat), []
        seen, cross = tf.expand_dims(mask, 1), tf.unstack(state.cross, self._slices)
        for index, layer in enumerate(weights.decoder):
            projected = linear(before(states, layer), layer.query_key_value)
            query, written = tf.split(split_heads(projected, shapes.rows), [1, 2])
            written = tf.reshape(written, shapes.flat)
            cells = _write(cells, written, shapes.written + index * shapes.layer)
            key, value = tf.unstack(tf.reshape(cells, shapes.cells), self._slices)[2 * index : 2 * index + 2]
            attended, _ = attend(tf.squeeze(query, 0), key, value, seen, weights.width)
            states = after(states, linear(attended, layer.attention_output), layer, 0)
            projected = linear(before(states, layer), _given(layer.cross_query))
            query = tf.transpose(tf.reshape(projected, shapes.query), [0, 2, 1, 3])
            key, value = cross[2 * index : 2 * index + 2]
            attended, looked = attend(query, key, value, state.cross_mask, weights.width)
            states = after(states, linear(attended, _given(layer.cross_output)), layer, 1)
            states = feed_forward(states, layer)
            heads.append(looked)
        states = normalize(states, None) if weights.pre_norm else states
        outputs = tf.reshape(states, tf.concat([shape, [weights.width]], 0))
        state = state._replace(cells=tf.reshape(cells, shapes.cells), mask=mask)
        return BodyOutput(outputs, tf.reduce_mean(heads[-1], axis=1), tuple(heads)), state

    def _begin(self, shape: tf.Tensor, state: DecoderState, time: tf.Tensor) -> tuple[Shapes, tf.Tensor]:
        """Of a step with tokens of this shape, [B, K]: shapes for its layers, and the mask with the cells
        that are about to be filled, of which a hypothesis sees its own.
        """
        weights, (batch, beams) = self._weights, tf.unstack(shape, 2)
        places = tf.shape(state.mask)[2]
        room, heads = places // beams, batch * weights.heads
        shapes = Shapes(
            rows=tf.stack([batch, beams, 3, *weights.head_shape]),
            query=tf.stack([batch, beams, *weights.head_shape]),
            flat=tf.stack([-1, beams * weights.depth]),
            cells=tf.stack([self._slices, batch, weights.heads, places, weights.depth]),
            written=tf.range(2 * heads) * room + time,
            layer=2 * heads * room,
        )
        rows = tf.range(batch * beams)
        itself = tf.one_hot(rows % beams, beams, on_value=0.0, off_value=MASKED)
        mask = _write(tf.reshape(state.mask, [-1, beams]), itself, rows * room + time)
        return shapes, tf.reshape(mask, tf.shape(state.mask))

    def logits(self, outputs: tf.Tensor, pieces: np.ndarray | None = None) -> tf.Tensor:
        """See `Model.logits`."""
        output = self._weights.output
        return self.project(outputs, output if pieces is None else output.columns(pieces))

    def output_layer(self, pieces: tf.Tensor) -> LinearWeights:
        """See `Model.output_layer`."""
        return self._weights.output.gathered(pieces)

    def project(self, outputs: tf.Tensor, layer: LinearWeights) -> tf.Tensor:
        """See `Model.project`."""
        logits = linear(tf.reshape(outputs, [-1, self._weights.width]), layer)
        size = layer.bias.shape[0]
        many = tf.shape(layer.bias) if size is None else [size]
        return tf.reshape(logits, tf.concat([tf.shape(outputs)[:2], many], 0))


def _write(rows: tf.Tensor, values: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Rows [N, X] with those at the `places` [M] set to the values [M, X].

    In place: nobody else holds the cache, as a state that `step` or `reserve` was given is used up, and
    `select` makes a new one. (TensorStridedSliceUpdate and TensorScatterUpdate take 10 to 25 times as long.)
    """
    return tf.raw_ops.InplaceUpdate(x=rows, i=places, v=values)


def _given(linear_: LinearWeights | None) -> LinearWeights:
    """A projection that decoder layers have."""
    if linear_ is None:
        raise TypeError("a decoder layer without cross-attention")
    return linear_
