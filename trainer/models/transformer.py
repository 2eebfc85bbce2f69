"""The Transformer translator (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762).

Notation: `B` batch, `S` source length, `T` target length, `D` model width, `H` heads, `V` vocabulary.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import keras_nlp
from keras import ops

from trainer.config import ModelConfig
from trainer.models.layers import MASKED, Attention, CheapDropout, FeedForward, LayerNorm, Linear, Residual
from trainer.vocabulary import PAD


class Memory(NamedTuple):
    """What the encoder leaves for the decoder."""

    states: Any
    """[B, S, D]"""
    mask: Any
    """[B, 1, 1, S], added to attention logits: 0 where there is a piece, `MASKED` on padding."""


class State(NamedTuple):
    """What the decoder remembers between steps; every tensor's first axis is the hypothesis (N of them)."""

    self_keys: tuple[Any, ...]
    """For each layer [N, H, t, D/H]: what has been decoded so far."""
    self_values: tuple[Any, ...]
    cross_keys: tuple[Any, ...]
    """For each layer [N, H, S, D/H]."""
    cross_values: tuple[Any, ...]
    memory_mask: Any
    """[N, 1, 1, S]"""


class EncoderLayer(keras.layers.Layer):
    """Self-attention and feed-forward, each in a residual."""

    def __init__(self, config: ModelConfig, name: str) -> None:
        super().__init__(name=name, autocast=False)
        width, dropout = config.width, config.dropout
        self.attention = Attention(width, config.heads, cross=False, name="attention")
        self.attention_residual = Residual(width, config.norm, dropout, name="attention_residual")
        self.feed_forward = FeedForward(width, config.feed_forward, dropout, name="feed_forward")
        self.feed_forward_residual = Residual(width, config.norm, dropout, name="feed_forward_residual")

    def build(self, input_shape: Any) -> None:
        """[B, S, D] in and out."""
        for part in (self.attention, self.attention_residual, self.feed_forward, self.feed_forward_residual):
            part.build(input_shape)
        self.built = True

    def call(self, states: Any, mask: Any, training: bool = False) -> Any:
        """[B, S, D] → [B, S, D]."""
        attended = self.attention(self.attention_residual.before(states), mask)
        states = self.attention_residual.after(states, attended, training=training)
        return feed_forward(self, states, training)


class DecoderLayer(keras.layers.Layer):
    """Self-attention, cross-attention and feed-forward, each in a residual."""

    def __init__(self, config: ModelConfig, name: str) -> None:
        super().__init__(name=name, autocast=False)
        width, dropout = config.width, config.dropout
        self.attention = Attention(width, config.heads, cross=False, name="attention")
        self.attention_residual = Residual(width, config.norm, dropout, name="attention_residual")
        self.cross_attention = Attention(width, config.heads, cross=True, name="cross_attention")
        self.cross_attention_residual = Residual(width, config.norm, dropout, name="cross_attention_residual")
        self.feed_forward = FeedForward(width, config.feed_forward, dropout, name="feed_forward")
        self.feed_forward_residual = Residual(width, config.norm, dropout, name="feed_forward_residual")

    def build(self, input_shape: Any) -> None:
        """[B, T, D] in and out."""
        for part in (self.attention, self.cross_attention, self.feed_forward):
            part.build(input_shape)
        for residual in (self.attention_residual, self.cross_attention_residual, self.feed_forward_residual):
            residual.build(input_shape)
        self.built = True

    def call(self, states: Any, causal_mask: Any, memory: Memory, training: bool = False) -> Any:
        """Teacher forcing: [B, T, D] → [B, T, D]."""
        attended = self.attention(self.attention_residual.before(states), causal_mask)
        states = self.attention_residual.after(states, attended, training=training)
        queries = self.cross_attention_residual.before(states)
        attended = self.cross_attention(queries, memory.mask, memory.states)
        states = self.cross_attention_residual.after(states, attended, training=training)
        return feed_forward(self, states, training)

    def step(self, states: Any, caches: tuple[Any, Any, Any, Any], memory_mask: Any) -> tuple[Any, ...]:
        """One position: [N, 1, D] → [N, 1, D], keys and values of self-attention grown by one,
        cross-attention.
        """
        keys, values, cross_keys, cross_values = caches
        query, key, value = self.attention.project(self.attention_residual.before(states))
        keys, values = ops.concatenate([keys, key], axis=2), ops.concatenate([values, value], axis=2)
        states = self.attention_residual.after(states, self.attention.attend(query, keys, values, 0.0)[0])
        query = self.cross_attention.project_query(self.cross_attention_residual.before(states))
        attended, weights = self.cross_attention.attend(query, cross_keys, cross_values, memory_mask)
        states = self.cross_attention_residual.after(states, attended)
        return feed_forward(self, states, training=False), keys, values, weights


def feed_forward(layer: EncoderLayer | DecoderLayer, states: Any, training: bool) -> Any:
    """The last sub-layer, which encoder and decoder have in common."""
    outputs = layer.feed_forward(layer.feed_forward_residual.before(states), training=training)
    return layer.feed_forward_residual.after(states, outputs, training=training)


class Embedding(keras.layers.Layer):
    """Piece embeddings times sqrt(D), plus sinusoidal positions (Vaswani et al. 2017, sections 3.4 and
    3.5).
    """

    def __init__(self, vocabulary: int, config: ModelConfig, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.vocabulary, self.width = vocabulary, config.width
        self.positions = keras_nlp.layers.SinePositionEncoding(name="positions", dtype="float32")
        self.dropout = CheapDropout(config.dropout, name="dropout")

    def build(self, input_shape: Any = None) -> None:
        """One row of length D for each piece."""
        initializer = keras.initializers.RandomNormal(stddev=self.width**-0.5)
        self.table = self.add_weight(
            shape=(self.vocabulary, self.width),
            initializer=initializer,
            dtype="float32",
            autocast=False,
            name="table",
        )
        self.built = True

    def call(self, ids: Any, start_index: int = 0, training: bool = False) -> Any:
        """[B, T] → [B, T, D]; the first piece stands at position `start_index`."""
        vectors = ops.take(self.table, ids, axis=0) * (self.width**0.5)
        return self.dropout(vectors + self.positions(vectors, start_index=start_index), training=training)


class Transformer(keras.Model):
    """An encoder-decoder translator: `encode(source) → memory`, then teacher forcing or step by step."""

    def __init__(
        self, config: ModelConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> None:
        super().__init__(name="transformer", autocast=False)
        self.config = config
        self.target_embedding = Embedding(target_vocabulary, config, name="target_embedding")
        self.source_embedding = (
            self.target_embedding if shared else Embedding(source_vocabulary, config, name="source_embedding")
        )
        self.encoder = [
            EncoderLayer(config, name=f"encoder_{index}") for index in range(config.encoder_layers)
        ]
        self.decoder = [
            DecoderLayer(config, name=f"decoder_{index}") for index in range(config.decoder_layers)
        ]
        self.encoder_norm = self.decoder_norm = None
        if config.norm == "pre":
            self.encoder_norm = LayerNorm(config.width, name="encoder_norm")
            self.decoder_norm = LayerNorm(config.width, name="decoder_norm")
        self.output_projection = (
            None
            if config.tied_embeddings
            else Linear(config.width, target_vocabulary, "output_projection", bias=False)
        )

    def build(self, input_shape: Any = None) -> None:
        """Create every weight now, so that saving, averaging and distribution see them all."""
        width_shape = (None, None, self.config.width)
        self.target_embedding.build()
        if self.source_embedding is not self.target_embedding:
            self.source_embedding.build()
        norms = [norm for norm in (self.encoder_norm, self.decoder_norm) if norm is not None]
        projection = [] if self.output_projection is None else [self.output_projection]
        layers: list[Any] = [*self.encoder, *self.decoder, *norms, *projection]
        for layer in layers:
            layer.build(width_shape)
        self.built = True

    def encode(self, source: Any, training: bool = False) -> Memory:
        """Source ids [B, S], padded with `PAD` → memory."""
        mask = ops.cast(ops.equal(source, PAD), "float32")[:, None, None, :] * MASKED
        states = self.source_embedding(source, training=training)
        for layer in self.encoder:
            states = layer(states, mask, training=training)
        return Memory(states if self.encoder_norm is None else self.encoder_norm(states), mask)

    def decode(self, target: Any, memory: Memory, training: bool = False) -> Any:
        """Teacher forcing: target ids [B, T] that begin with `BOS` → states [B, T, D]."""
        length = ops.shape(target)[1]
        places = ops.arange(length)
        causal_mask = ops.cast(places[None, :] > places[:, None], "float32")[None, None] * MASKED
        states = self.target_embedding(target, training=training)
        for layer in self.decoder:
            states = layer(states, causal_mask, memory, training=training)
        return states if self.decoder_norm is None else self.decoder_norm(states)

    def logits(self, states: Any) -> Any:
        """States [..., D] → logits [..., V] in float32."""
        if self.output_projection is not None:
            return ops.cast(self.output_projection(states), "float32")
        dtype = self.compute_dtype
        table = ops.cast(self.target_embedding.table, dtype)
        return ops.cast(ops.matmul(ops.cast(states, dtype), ops.transpose(table)), "float32")

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        """Source ids [B, S] and target ids [B, T] → logits [B, T, V] of the piece after each target piece."""
        source, target = inputs
        return self.logits(self.decode(target, self.encode(source, training=training), training=training))

    def start(self, memory: Memory) -> State:
        """The state before the first step; N is B, or B x K if the caller repeated the memory's rows."""
        rows = ops.shape(memory.states)[0]
        depth = self.config.width // self.config.heads
        empty = ops.zeros((rows, self.config.heads, 0, depth), dtype=self.compute_dtype)
        crossed = [layer.cross_attention.project_memory(memory.states) for layer in self.decoder]
        return State(
            self_keys=(empty,) * len(self.decoder),
            self_values=(empty,) * len(self.decoder),
            cross_keys=tuple(keys for keys, _ in crossed),
            cross_values=tuple(values for _, values in crossed),
            memory_mask=memory.mask,
        )

    def step(self, tokens: Any, state: State, position: Any) -> tuple[Any, State]:
        """The last pieces [N] at `position` (0 for `BOS`) → log-probabilities of the next ones [N, V], state.

        The reference form, equal to teacher forcing; the exported decoder computes the same faster.
        """
        states, state, _ = self.step_states(tokens, state, position)
        return ops.log_softmax(self.logits(states), axis=-1), state

    def step_states(self, tokens: Any, state: State, position: Any) -> tuple[Any, State, Any]:
        """As `step`, but what `logits` reads [N, D], state, and the last layer's cross-attention [N, S], the
        mean of its heads.
        """
        weights: Any = None
        states = self.target_embedding(tokens[:, None], start_index=position)
        grown_keys, grown_values = [], []
        for index, layer in enumerate(self.decoder):
            caches = (
                state.self_keys[index],
                state.self_values[index],
                state.cross_keys[index],
                state.cross_values[index],
            )
            states, keys, values, weights = layer.step(states, caches, state.memory_mask)
            grown_keys.append(keys)
            grown_values.append(values)
        states = states if self.decoder_norm is None else self.decoder_norm(states)
        state = state._replace(self_keys=tuple(grown_keys), self_values=tuple(grown_values))
        return states[:, 0], state, ops.mean(weights[:, :, 0], axis=1)


def build_translator(
    config: ModelConfig,
    source_vocabulary: int,
    target_vocabulary: int,
    *,
    shared: bool,
    precision: str = "float32",
) -> Transformer:
    """A translator with fresh weights, all of them created.

    Args:
        shared: one vocabulary, so source and target pieces have one embedding table.
        precision: of the matrix products, `float32` or `bfloat16`; weights are float32 in both.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        translator = Transformer(config, source_vocabulary, target_vocabulary, shared=shared)
        translator.build()
    finally:
        keras.config.set_dtype_policy(policy)
    return translator
