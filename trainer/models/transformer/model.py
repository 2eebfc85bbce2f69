"""The Transformer, put together from parts."""

from __future__ import annotations

from trainer.models.parts.attention import CrossAttention, SelfAttention
from trainer.models.parts.block import Block, SubLayer
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.encoder_decoder import EncoderDecoder
from trainer.models.parts.feed_forward import FeedForward
from trainer.models.parts.linear import Linear
from trainer.models.parts.norm import LayerNorm
from trainer.models.parts.positions import sinusoids
from trainer.models.parts.residual import Residual
from trainer.models.transformer import TransformerConfig


class Transformer(EncoderDecoder):
    """Blocks of self-attention and feed-forward; those of the decoder look at the memory in between."""

    config: TransformerConfig

    def __init__(
        self, config: TransformerConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> None:
        target = _embedding(target_vocabulary, config, "target_embedding")
        super().__init__(
            config,
            target_embedding=target,
            source_embedding=target if shared else _embedding(source_vocabulary, config, "source_embedding"),
            encoder=[_block(config, f"encoder_{index}") for index in range(config.encoder_layers)],
            decoder=[
                _block(config, f"decoder_{index}", cross=True) for index in range(config.decoder_layers)
            ],
            encoder_norm=_last_norm(config, "encoder_norm"),
            decoder_norm=_last_norm(config, "decoder_norm"),
            output_projection=None
            if config.tied_embeddings
            else Linear(config.width, target_vocabulary, "output_projection", bias=False),
            name="transformer",
        )


def _embedding(vocabulary: int, config: TransformerConfig, name: str) -> Embedding:
    return Embedding(vocabulary, config.width, config.dropout, sinusoids(), name)


def _block(config: TransformerConfig, name: str, *, cross: bool = False) -> Block:
    """Vaswani et al. 2017, section 3.1 and figure 1."""
    width, heads, dropout = config.width, config.heads, config.dropout

    def residual(name: str) -> Residual:
        return Residual(width, config.norm, dropout, name)

    sublayers = [SubLayer(SelfAttention(width, heads, "attention"), residual("attention_residual"))]
    if cross:
        attention = CrossAttention(width, heads, "cross_attention")
        sublayers.append(SubLayer(attention, residual("cross_attention_residual")))
    feed_forward = FeedForward(width, config.feed_forward, dropout, "feed_forward")
    return Block([*sublayers, SubLayer(feed_forward, residual("feed_forward_residual"))], name)


def _last_norm(config: TransformerConfig, name: str) -> LayerNorm | None:
    return LayerNorm(config.width, name) if config.norm == "pre" else None
