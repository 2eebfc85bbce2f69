"""A body for search that copies no cache.

The keys and values of every beam stay where they were written, in cell time x K + beam. What changes hands
when beams are reordered is the mask [B, K, cells] alone, which says for each hypothesis which cells are its
own ancestors. The cache grows in steps, so that attention reads few empty cells, and its products have few
different shapes.

Notation: `B` sentences, `K` beams, `R` rows (`B` x `K`), `C` cells, `D` model width, `H` heads,
`S` source length, `V` vocabulary.
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
from trainer.models.transformer.weights import LayerWeights, Linear, Weights
from trainer.search.interface import Move
from trainer.vocabulary import PAD

GROWTH = 16
"""Steps for which the cache has room when it is new or full."""


class DecoderState(NamedTuple):
    """Between two steps; every tensor's first axis is B."""

    keys: tuple[tf.Tensor, ...]
    """For each layer [B, H, C, D/H]."""
    values: tuple[tf.Tensor, ...]
    mask: tf.Tensor
    """[B, 1, K, C]: 0 where a hypothesis's own ancestors are, `MASKED` elsewhere."""
    cross_keys: tuple[tf.Tensor, ...]
    """For each layer [B, H, S, D/H]: one for all beams of a sentence."""
    cross_values: tuple[tf.Tensor, ...]
    cross_mask: tf.Tensor
    """[B, 1, 1, S]"""


class FastBody:
    """`Model` of `trainer.search` from weights that are held, for at most `longest` pieces a side."""

    def __init__(self, weights: Weights, longest: int) -> None:
        self._weights = weights
        self._positions = weights.positions(longest)
        self._encode = tf.function(
            self._encode_graph, input_signature=[tf.TensorSpec([None, None], tf.int32)]
        )
        layers, heads, depth = len(weights.decoder), weights.heads, weights.depth
        cache = (tf.TensorSpec([None, heads, None, depth]),) * layers
        self.state_spec = DecoderState(
            cache,
            cache,
            tf.TensorSpec([None, 1, None, None]),
            cache,
            cache,
            tf.TensorSpec([None, 1, 1, None]),
        )

    def start(self, source: tf.Tensor, beams: int) -> DecoderState:
        """Source ids [B, S], padded with `PAD` → the state before the first step, without room."""
        cross_keys, cross_values, cross_mask = self._encode(source)
        batch, weights = tf.shape(source)[0], self._weights
        empty = (tf.zeros([batch, weights.heads, 0, weights.depth]),) * len(weights.decoder)
        return DecoderState(
            empty, empty, tf.zeros([batch, 1, beams, 0]), tuple(cross_keys), tuple(cross_values), cross_mask
        )

    def reorder(self, state: DecoderState, parents: tf.Tensor, time: tf.Tensor) -> DecoderState:
        """See `Stateful.reorder`."""
        del time
        mask = tf.gather(state.mask[:, 0], parents, axis=1, batch_dims=1)[:, None]
        return state._replace(mask=mask)

    def select(self, state: DecoderState, rows: tf.Tensor) -> DecoderState:
        """See `Stateful.select`."""
        return tf.nest.map_structure(lambda part: tf.gather(part, rows), state)

    def reserve(self, state: DecoderState, time: tf.Tensor) -> tuple[DecoderState, tf.Tensor]:
        """See `Stateful.reserve`: room for at least one step, up to a multiple of `GROWTH`."""
        beams = tf.shape(state.mask)[2]
        room = (time // GROWTH + 1) * GROWTH
        missing = room * beams - tf.shape(state.mask)[3]

        def grown(cache: tf.Tensor) -> tf.Tensor:
            shape = tf.shape(cache)
            # `Empty` is stateful, so the optimizer never makes one buffer of two caches, which `_write`
            # would mix.
            more = tf.raw_ops.Empty(
                shape=tf.stack([shape[0], shape[1], missing, shape[3]]), dtype=tf.float32, init=True
            )
            return tf.ensure_shape(
                tf.concat([cache, more], axis=2), [*cache.shape[:2], None, *cache.shape[3:]]
            )

        mask = tf.pad(state.mask, [[0, 0], [0, 0], [0, 0], [0, missing]], constant_values=MASKED)
        keys, values = tuple(map(grown, state.keys)), tuple(map(grown, state.values))
        return state._replace(keys=keys, values=values, mask=mask), room

    def _encode_graph(self, source: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor], tf.Tensor]:
        """Source ids [B, S] → keys and values of cross-attention for each decoder layer, and their mask."""
        weights, shape = self._weights, tf.shape(source)
        batch, width = shape[0], weights.width
        mask = tf.where(source == PAD, MASKED, 0.0)[:, None, None, :]
        states = (
            tf.gather(tf.convert_to_tensor(weights.source_table), source)
            + tf.constant(self._positions)[: shape[1]]
        )
        states = tf.reshape(states, [-1, width])
        for layer in weights.encoder:
            projected = linear(before(states, layer), layer.query_key_value)
            query, key, value = split_heads(projected, batch, 3, weights.heads, weights.depth)
            attended = linear(attend(query, key, value, mask, width)[0], layer.attention_output)
            states = feed_forward(after(states, attended, layer, 0), layer)
        if weights.encoder_norm is not None:
            states = normalize(states, weights.encoder_norm)
        keys, values = [], []
        for layer in weights.decoder:
            projected = linear(states, _given(layer.cross_key_value))
            key, value = split_heads(projected, batch, 2, weights.heads, weights.depth)
            keys.append(key)
            values.append(value)
        return keys, values, mask

    def step(self, tokens: tf.Tensor, state: DecoderState, time: tf.Tensor) -> tuple[Move, DecoderState]:
        """See `Body.step`; the attention is that of the last layer, the mean of its heads."""
        weights, shape = self._weights, tf.shape(tokens)
        batch, beams = shape[0], shape[1]
        room = tf.shape(state.mask)[3] // beams
        rows = tf.range(batch * weights.heads) * room + time
        # A hypothesis sees itself in the cell that it is about to fill.
        itself = tf.broadcast_to((1.0 - tf.eye(beams)) * MASKED, [batch, 1, beams, beams])
        mask = _write(state.mask, itself, tf.range(batch * beams) * room + time)
        states = tf.gather(tf.convert_to_tensor(weights.target_table), tf.reshape(tokens, [-1]))
        states += tf.constant(self._positions)[time]
        keys, values, heads = [], [], []
        for index, layer in enumerate(weights.decoder):
            states, key, value, looked = self._layer(layer, index, states, state._replace(mask=mask), rows)
            keys.append(key)
            values.append(value)
            heads.append(looked)
        states = normalize(states, None) if weights.pre_norm else states
        outputs = tf.reshape(states, tf.concat([shape, [weights.width]], 0))
        state = state._replace(keys=tuple(keys), values=tuple(values), mask=mask)
        return Move(outputs, tf.reduce_mean(heads[-1], axis=1), tuple(heads)), state

    def logits(self, outputs: tf.Tensor, pieces: np.ndarray | None = None) -> tf.Tensor:
        """See `Model.logits`."""
        output = self._weights.output
        if pieces is not None:
            output = output.columns(pieces)
        logits = linear(tf.reshape(outputs, [-1, self._weights.width]), output)
        return tf.reshape(logits, tf.concat([tf.shape(outputs)[:2], [output.bias.shape[0]]], 0))

    def _layer(
        self,
        layer: LayerWeights,
        index: int,
        states: tf.Tensor,
        state: DecoderState,
        rows: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """States [R, D] → states, the caches with the cells of this step filled, and the cross-attention."""
        weights, batch = self._weights, tf.shape(state.mask)[0]
        heads, depth, width = weights.heads, weights.depth, weights.width
        projected = linear(before(states, layer), layer.query_key_value)
        query, key, value = split_heads(projected, batch, 3, heads, depth)
        key = _write(state.keys[index], key, rows)
        value = _write(state.values[index], value, rows)
        attended = linear(attend(query, key, value, state.mask, width)[0], layer.attention_output)
        states = after(states, attended, layer, 0)
        projected = linear(before(states, layer), _given(layer.cross_query))
        (query,) = split_heads(projected, batch, 1, heads, depth)
        attended, attention = attend(
            query, state.cross_keys[index], state.cross_values[index], state.cross_mask, width
        )
        states = after(states, linear(attended, _given(layer.cross_output)), layer, 1)
        return feed_forward(states, layer), key, value, attention


def _write(cache: tf.Tensor, cells: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """The cache [B, ., C, .] (or the mask) with the cells of one time set, which are `rows` of [B x . x
    time, cells].

    In place: nobody else holds the cache, as a state is used for one step only, and `reserve` and `select`
    make new ones. (TensorStridedSliceUpdate and TensorScatterUpdate take 10 to 25 times as long.)
    """
    count = tf.shape(rows)[0]
    flat = tf.reshape(cells, [count, -1])
    width = tf.shape(flat)[1]
    written = tf.raw_ops.InplaceUpdate(x=tf.reshape(cache, [-1, width]), i=rows, v=flat)
    return tf.ensure_shape(tf.reshape(written, tf.shape(cache)), cache.shape)


def _given(linear_: Linear | None) -> Linear:
    """A projection that decoder layers have."""
    if linear_ is None:
        raise TypeError("a decoder layer without cross-attention")
    return linear_
