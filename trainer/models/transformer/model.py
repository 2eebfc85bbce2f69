"""The Transformer, put together from parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from trainer.models.parts.attention import CrossAttention, SelfAttention
from trainer.models.parts.average_attention import AverageAttention
from trainer.models.parts.block import Block, SubLayer
from trainer.models.parts.buckets import Buckets
from trainer.models.parts.embedding import Embedding
from trainer.models.parts.encoder_decoder import EncoderDecoder
from trainer.models.parts.feed_forward import FeedForward
from trainer.models.parts.linear import Linear
from trainer.models.parts.norm import LayerNorm, Norm, RMSNorm
from trainer.models.parts.positions import LearnedPositions, Positions, SinusoidsInHalves, sinusoids
from trainer.models.parts.recurrent_reading import RecurrentReading
from trainer.models.parts.relation import Relation
from trainer.models.parts.relative import Relative
from trainer.models.parts.residual import Residual
from trainer.models.parts.rotary import Rotary
from trainer.models.parts.ssru import SSRU
from trainer.models.parts.windowed import WindowedSelfAttention
from trainer.models.transformer import TransformerConfig

_NORMS: dict[str, type[Norm]] = {"layer": LayerNorm, "rms": RMSNorm}


class Transformer(EncoderDecoder):
    """Blocks of self-attention, or what stands in its place, and feed-forward; those of the decoder look at
    the memory in between.
    """

    config: TransformerConfig

    def __init__(
        self, config: TransformerConfig, source_vocabulary: int, target_vocabulary: int, *, shared: bool
    ) -> None:
        target = _embedding(target_vocabulary, config, "target_embedding")
        narrow = config.embedding_width
        super().__init__(
            config,
            target_embedding=target,
            source_embedding=target if shared else _embedding(source_vocabulary, config, "source_embedding"),
            encoder=_stack(config, "encoder", config.encoder_layers, _encoder_reader(config)),
            decoder=_stack(config, "decoder", config.decoder_layers, _decoder_reader(config), cross=True),
            encoder_norm=_last_norm(config, "encoder_norm"),
            decoder_norm=_last_norm(config, "decoder_norm"),
            output_projection=None
            if config.tied_embeddings
            else Linear(narrow or config.width, target_vocabulary, "output_projection", bias=False),
            name="transformer",
            narrowing=Linear(config.width, narrow, "narrowing") if narrow else None,
        )


def _embedding(vocabulary: int, config: TransformerConfig, name: str) -> Embedding:
    return Embedding(
        vocabulary, config.width, config.dropout, _positions(config), name, inner=config.embedding_width
    )


def _positions(config: TransformerConfig) -> Positions | None:
    """Those that are added to the pieces' vectors."""
    if config.positions == "sinusoidal":
        return sinusoids()
    if config.positions == "sinusoidal-halves":
        return SinusoidsInHalves(config.width)
    return LearnedPositions(config.width, config.learned_positions) if config.positions == "learned" else None


def _relation(config: TransformerConfig, *, both_ways: bool) -> Callable[[], Relation | None]:
    """What makes the relation of each layer's self-attention on one side."""
    depth = config.width // config.heads
    if config.positions == "rotary":
        return partial(Rotary, depth, "rotary")
    if config.positions == "relative":
        return partial(Relative, depth, config.relative_distance, "relative")
    if config.positions == "relative-buckets":
        of_all_layers = Buckets(config.heads, "buckets", both_ways=both_ways)
        return lambda: of_all_layers
    return lambda: None


def _encoder_reader(config: TransformerConfig) -> Callable[[], Any]:
    """What makes the part with which each layer of the encoder reads its own side."""
    if config.encoder == "recurrent":
        return partial(RecurrentReading, config.width, config.cell, "recurrence", both_ways=True)
    return _self_attention(config, config.encoder_window, both_ways=True)


def _decoder_reader(config: TransformerConfig) -> Callable[[], Any]:
    """The same of the decoder."""
    width = config.width
    if config.decoder == "recurrent":
        return partial(RecurrentReading, width, config.cell, "recurrence", both_ways=False)
    if config.decoder == "ssru":
        return partial(SSRU, width, "ssru")
    if config.decoder == "average-attention":
        return lambda: AverageAttention(width, _feed_forward(config), "average_attention")
    return _self_attention(config, config.decoder_window, both_ways=False)


def _self_attention(config: TransformerConfig, window: int | None, *, both_ways: bool) -> Callable[[], Any]:
    width, heads, relation = config.width, config.heads, _relation(config, both_ways=both_ways)
    if window is None:
        return lambda: SelfAttention(width, heads, "attention", relation())
    return lambda: WindowedSelfAttention(
        width,
        heads,
        "attention",
        window=window,
        global_pieces=config.global_pieces,
        both_ways=both_ways,
        relation=relation(),
    )


def _stack(
    config: TransformerConfig, side: str, layers: int, reader: Callable[[], Any], *, cross: bool = False
) -> list[Block]:
    """The blocks of a side; with shared depth one, as often as there are layers."""
    if config.shared_depth:
        return [_block(config, f"{side}_0", reader(), cross=cross)] * layers
    return [_block(config, f"{side}_{index}", reader(), cross=cross) for index in range(layers)]


def _block(config: TransformerConfig, name: str, reader: Any, *, cross: bool) -> Block:
    """Vaswani et al. 2017, section 3.1 and figure 1."""
    width, heads = config.width, config.heads

    def residual(name: str) -> Residual:
        return Residual(width, config.norm, config.dropout, name, _NORMS[config.normalisation])

    sublayers = [SubLayer(reader, residual(f"{reader.name}_residual"))]
    if cross:
        attention = CrossAttention(width, heads, "cross_attention")
        sublayers.append(SubLayer(attention, residual("cross_attention_residual")))
    return Block([*sublayers, SubLayer(_feed_forward(config), residual("feed_forward_residual"))], name)


def _feed_forward(config: TransformerConfig) -> FeedForward:
    return FeedForward(config.width, config.feed_forward, config.dropout, "feed_forward", config.activation)


def _last_norm(config: TransformerConfig, name: str) -> Norm | None:
    return _NORMS[config.normalisation](config.width, name) if config.norm == "pre" else None
