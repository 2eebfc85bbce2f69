"""The convolutional encoder-decoder, put together from parts.

Weights are plain: Gehring et al. normalise theirs for plain gradient descent, and Adam scales each step
anyway.

Notation: `B` batch, `S` source length, `T` target length, `N` hypotheses, `D` model width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from trainer.models.base import State, Stepped, Tensor
from trainer.models.convolutional import ConvolutionalConfig
from trainer.models.parts.convolution import HALF, GatedConvolution
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.encoder_decoder import EncoderDecoder
from trainer.models.parts.linear import Linear
from trainer.models.parts.multi_step_attention import ConvolvedSource, MultiStepAttention
from trainer.models.parts.part import MASKED, Context, Encoded
from trainer.models.parts.positions import LearnedPositions
from trainer.vocabulary import PAD


class Steps(NamedTuple):
    """What the decoder remembers."""

    memory: ConvolvedSource
    windows: tuple[State, ...]
    """Of each layer [N, seen - 1, D]: the last pieces' states."""


class Layer(keras.layers.Layer):
    """A layer of the decoder: what it saw of its own side, then of the source."""

    def __init__(self, config: ConvolutionalConfig, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.convolution = _convolution(config, "convolution", both_ways=False)
        self.attention = MultiStepAttention(config.width, "attention")

    def build(self, input_shape: Any = None) -> None:
        """[B, T, D] in and out."""
        self.convolution.build()
        self.attention.build()
        self.built = True


class Convolutional(EncoderDecoder):
    """A `Translator`: see `ConvolutionalConfig`."""

    config: ConvolutionalConfig

    def __init__(
        self, config: ConvolutionalConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> None:
        target = _embedding(target_vocabulary, config, "target_embedding")
        super().__init__(
            config,
            target_embedding=target,
            source_embedding=target if shared else _embedding(source_vocabulary, config, "source_embedding"),
            encoder=[
                _convolution(config, f"encoder_{index}", both_ways=True)
                for index in range(config.encoder_layers)
            ],
            decoder=[Layer(config, f"decoder_{index}") for index in range(config.decoder_layers)],
            encoder_norm=None,
            decoder_norm=None,
            output_projection=None
            if config.tied_embeddings
            else Linear(config.width, target_vocabulary, "output_projection", bias=False),
            name="convolutional",
        )

    def encode(self, source: Tensor, training: bool = False) -> ConvolvedSource:
        """See `Translator`."""
        mask = ops.cast(ops.equal(source, PAD), "float32")[:, None, None, :] * MASKED
        embedded = self.source_embedding(source, training=training)
        states = embedded
        for convolution in self.encoder:
            states = convolution(states, context=Context(mask), training=training)
        pieces = ops.sum(ops.cast(ops.not_equal(source, PAD), "float32"), axis=1)
        return ConvolvedSource(
            states, (states + embedded) * HALF, mask[:, 0], ops.sqrt(pieces)[:, None, None]
        )

    def decode(self, target: Tensor, memory: ConvolvedSource, training: bool = False) -> Tensor:
        """See `Translator`."""
        return self.decode_heads(target, memory, training)[0]

    def decode_heads(
        self, target: Tensor, memory: ConvolvedSource, training: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """See `Headed`: one of each layer."""
        embedded = self.target_embedding(target, training=training)
        states, heads = embedded, []
        for layer in self.decoder:
            states = layer.convolution(states, context=Context(), training=training)
            states, here = layer.attention(states, embedded, memory)
            heads.append(here)
        return states, tuple(heads)

    def start(self, memory: ConvolvedSource) -> Steps:
        """See `Translator`: what each layer has seen of its own side."""
        encoded = Encoded(memory.states, memory.mask[:, None])
        return Steps(memory, tuple(layer.convolution.start(encoded) for layer in self.decoder))

    def step(self, tokens: Tensor, state: Steps, position: Any) -> Stepped:
        """See `Translator`; the attention is that of the last layer."""
        embedded = self.target_embedding(tokens[:, None], start_index=position)
        states, windows, heads = embedded, [], []
        for layer, before in zip(self.decoder, state.windows, strict=True):
            seen = layer.convolution.step(states, before)
            windows.append(seen.state)
            states, here = layer.attention(seen.outputs, embedded, state.memory)
            heads.append(here[:, :, 0])
        return Stepped(states[:, 0], heads[-1][:, 0], state._replace(windows=tuple(windows)), tuple(heads))


def _embedding(vocabulary: int, config: ConvolutionalConfig, name: str) -> Embedding:
    positions = LearnedPositions(config.width, config.learned_positions)
    return Embedding(vocabulary, config.width, config.dropout, positions, name)


def _convolution(config: ConvolutionalConfig, name: str, *, both_ways: bool) -> GatedConvolution:
    return GatedConvolution(config.width, config.seen, config.dropout, name, both_ways=both_ways)
