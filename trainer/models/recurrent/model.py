"""The recurrent translator: embeddings, encoder, context, decoder, output layer.

Notation: `B` batch, `S` source length, `T` target length, `N` hypotheses, `D` model width, `V` vocabulary.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import Stepped, Tensor
from trainer.models.parts.embedding import Embedding, project
from trainer.models.parts.linear import Linear
from trainer.models.recurrent import RecurrentConfig
from trainer.models.recurrent.context import SourceContext
from trainer.models.recurrent.decoder import DecoderSource, Reached, RecurrentDecoder
from trainer.models.recurrent.encoder import RecurrentEncoder
from trainer.vocabulary import PAD


class Recalled(NamedTuple):
    """The memory, which is the state before the first step as well."""

    source: DecoderSource
    reached: Reached


class Recurrent(keras.Model):
    """A `Translator`: `decode` is a scan over what `step` does once."""

    def __init__(
        self, config: RecurrentConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> None:
        super().__init__(name="recurrent", autocast=False)
        self.config = config
        width = config.width
        # Dropout of what layers read is theirs: with its form, which embeddings do not know.
        self.target_embedding = Embedding(target_vocabulary, width, 0.0, None, "target_embedding")
        self.source_embedding = (
            self.target_embedding
            if shared
            else Embedding(source_vocabulary, width, 0.0, None, "source_embedding")
        )
        self.encoder, self.context, self.decoder = (
            RecurrentEncoder(config),
            SourceContext(config),
            RecurrentDecoder(config),
        )
        self.output_projection = (
            None
            if config.tied_embeddings
            else Linear(width, target_vocabulary, "output_projection", bias=False)
        )

    def build(self, input_shape: Any = None) -> None:
        """Create every weight now, so that saving, averaging and distribution see them all."""
        self.target_embedding.build()
        if self.source_embedding is not self.target_embedding:
            self.source_embedding.build()
        for layer in (self.encoder, self.context, self.decoder, self.output_projection):
            if layer is not None:
                layer.build()
        self.built = True

    def encode(self, source: Tensor, training: bool = False) -> Recalled:
        """See `Translator`."""
        real = ops.not_equal(source, PAD)
        read = self.encoder(self.source_embedding(source), real, training=training)
        context = self.context(read)
        decoder = self.decoder
        looked = () if decoder.attention is None else decoder.attention.start(read.states, read.real)
        given = DecoderSource(read.real, context if decoder.repeats else (), looked)
        cells = self.context.first(read, context, decoder.cells)
        return Recalled(given, Reached(cells, ops.zeros_like(context)))

    def decode(self, target: Tensor, memory: Recalled, training: bool = False) -> Tensor:
        """See `Translator`."""
        return self._decode(target, memory, training)[0]

    def decode_explained(
        self, target: Tensor, memory: Recalled, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """See `Explaining`; not without attention."""
        states, attention = self._decode(target, memory, training)
        assert attention is not None, "its configuration says that it does not attend"
        return states, attention

    def _decode(self, target: Tensor, memory: Recalled, training: bool) -> tuple[Tensor, Tensor | None]:
        vectors = self.target_embedding(target)
        explained: tuple[Tensor, Tensor | None] = self.decoder(
            vectors, source=memory.source, first=memory.reached, training=training
        )
        return explained

    def logits(self, states: Tensor) -> Tensor:
        """See `Translator`."""
        return project(states, self.output_projection, self.target_embedding, self.compute_dtype)

    def call(self, inputs: tuple[Tensor, Tensor], training: bool = False) -> Tensor:
        """Source ids [B, S] and target ids [B, T] → logits [B, T, V] of the piece after each target piece."""
        source, target = inputs
        return self.logits(self.decode(target, self.encode(source, training=training), training=training))

    def start(self, memory: Recalled) -> Recalled:
        """See `Translator`."""
        return memory

    def step(self, tokens: Tensor, state: Recalled, position: Any) -> Stepped:
        """See `Translator`."""
        vectors = self.target_embedding(tokens[:, None])[:, 0]
        reached, explained = self.decoder.step(vectors, state.source, state.reached, position)
        return Stepped(reached.output, explained, Recalled(state.source, reached))
