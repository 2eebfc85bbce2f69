"""A translator out of two stacks of blocks.

Notation: `B` batch, `S` source length, `T` target length, `N` hypotheses, `D` model width, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from trainer.errors import TrainerError
from trainer.models.base import ArchitectureConfig, Memory, State, Stepped, Tensor
from trainer.models.parts.embedding import Embedding, project
from trainer.models.parts.linear import Linear
from trainer.models.parts.norm import Norm
from trainer.models.parts.part import MASKED, Context, Encoded, explain
from trainer.vocabulary import PAD


class EncoderDecoder(keras.Model):
    """A `Translator`: `encode`, then all of the target at once, or step by step, through the same blocks."""

    def __init__(
        self,
        config: ArchitectureConfig,
        *,
        target_embedding: Embedding,
        source_embedding: Embedding,
        encoder: Sequence[Any],
        decoder: Sequence[Any],
        encoder_norm: Norm | None,
        decoder_norm: Norm | None,
        output_projection: Linear | None,
        name: str,
        narrowing: Linear | None = None,
    ) -> None:
        """Put them together.

        Args:
            target_embedding, source_embedding: may be one.
            encoder, decoder: of type `Block`, where a subclass makes no more of them; one may be there more
                than once. One at least of the decoder's looks at the memory.
            encoder_norm, decoder_norm: after the last block, where what it leaves is not normalised.
            output_projection: without one the target's table is used, transposed.
            narrowing: before the output layer, where that reads fewer numbers than the decoder leaves.
        """
        super().__init__(name=name, autocast=False)
        self.config = config
        self.target_embedding, self.source_embedding = target_embedding, source_embedding
        self.encoder, self.decoder = list(encoder), list(decoder)
        self.encoder_norm, self.decoder_norm = encoder_norm, decoder_norm
        self.narrowing, self.output_projection = narrowing, output_projection

    def build(self, input_shape: Any = None) -> None:
        """Create every weight now, so that saving, averaging and distribution see them all."""
        self.target_embedding.build()
        if self.source_embedding is not self.target_embedding:
            self.source_embedding.build()
        ends = (self.encoder_norm, self.decoder_norm, self.narrowing, self.output_projection)
        layers = [*self.encoder, *self.decoder, *(end for end in ends if end is not None)]
        for layer in dict.fromkeys(layers):
            layer.build()
        self.built = True

    def encode(self, source: Tensor, training: bool = False) -> Memory:
        """See `Translator`."""
        mask = ops.cast(ops.equal(source, PAD), "float32")[:, None, None, :] * MASKED
        states = self.source_embedding(source, training=training)
        for block in self.encoder:
            states = block(states, context=Context(mask), training=training)
        return Encoded(states if self.encoder_norm is None else self.encoder_norm(states), mask)

    def decode(self, target: Tensor, memory: Memory, training: bool = False) -> Tensor:
        """See `Translator`."""
        states, context = self.target_embedding(target, training=training), _context(target, memory)
        for block in self.decoder:  # called as layers: a call is what keeps their weights float32
            states = block(states, context=context, training=training)
        return states if self.decoder_norm is None else self.decoder_norm(states)

    def decode_explained(
        self, target: Tensor, memory: Memory, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """See `Explaining`; the attention is the mean of the heads of the last block that looks at the
        memory.
        """
        states, heads = self.decode_heads(target, memory, training=training)
        if not heads:
            raise TrainerError(
                f"the decoder of {self.config.architecture} has no attention that can be guided: choose "
                "another architecture, or the objective translation"
            )
        return states, ops.mean(heads[-1], axis=1)

    def decode_heads(
        self, target: Tensor, memory: Memory, training: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `Headed`."""
        states, context = self.target_embedding(target, training=training), _context(target, memory)
        heads = []
        for block in self.decoder:
            states, here = explain(block, states, context, training=training)
            heads += [] if here is None else [here]
        return states if self.decoder_norm is None else self.decoder_norm(states), tuple(heads)

    def logits(self, states: Tensor) -> Tensor:
        """See `Translator`."""
        if self.narrowing is not None:
            states = self.narrowing(states)
        return project(states, self.output_projection, self.target_embedding, self.compute_dtype)

    def call(self, inputs: tuple[Tensor, Tensor], training: bool = False) -> Tensor:
        """Source ids [B, S] and target ids [B, T] → logits [B, T, V] of the piece after each target piece."""
        source, target = inputs
        return self.logits(self.decode(target, self.encode(source, training=training), training=training))

    def start(self, memory: Memory) -> State:
        """See `Translator`: what each block remembers."""
        return tuple(block.start(memory) for block in self.decoder)

    def step(self, tokens: Tensor, state: State, position: Any) -> Stepped:
        """See `Translator`; the attention is the mean of the heads of the last block that looks at the
        memory.
        """
        states = self.target_embedding(tokens[:, None], start_index=position)
        reached, heads = [], []
        for block, before in zip(self.decoder, state, strict=True):
            result = block.step(states, before)
            states = result.outputs
            reached.append(result.state)
            heads += [] if result.heads is None else [result.heads]
        assert heads, "no block of the decoder looks at the memory"
        states = states if self.decoder_norm is None else self.decoder_norm(states)
        return Stepped(states[:, 0], ops.mean(heads[-1], axis=1), tuple(reached), tuple(heads))


def _context(target: Tensor, memory: Memory) -> Context:
    """What blocks see beside the states: the memory, and nothing of what comes later in the target."""
    places = ops.arange(ops.shape(target)[1])
    later = ops.cast(places[None, :] > places[:, None], "float32")[None, None] * MASKED
    return Context(later, memory)
