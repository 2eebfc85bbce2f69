"""The Transformer's weights as CTranslate2 arranges them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ctranslate2.specs import TransformerSpec
from ctranslate2.specs.common_spec import Activation

from trainer.models.parts.norm import EPSILON
from trainer.models.transformer.model import Transformer

_POSITIONS = 512
_ACTIVATIONS = {"relu": Activation.RELU, "gelu": Activation.GELU}


def transformer_spec(translator: Transformer) -> TransformerSpec:
    """The network in float32, without its vocabularies."""
    config = translator.config
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers),
        config.heads,
        pre_norm=config.norm == "pre",
        activation=_ACTIVATIONS[config.activation],
    )
    spec.encoder.embeddings[0].weight = _array(translator.source_embedding.table)
    spec.decoder.embeddings.weight = _array(translator.target_embedding.table)
    _positions(spec.encoder, translator.source_embedding)
    _positions(spec.decoder, translator.target_embedding)
    if config.norm == "pre":
        _norm(spec.encoder.layer_norm, translator.encoder_norm)
        _norm(spec.decoder.layer_norm, translator.decoder_norm)
    if translator.output_projection is None:
        spec.decoder.projection.weight = _array(translator.target_embedding.table)
    else:
        spec.decoder.projection.weight = _array(translator.output_projection.kernel).T.copy()
    for target, block in zip(spec.encoder.layer, translator.encoder, strict=True):
        attention, feed_forward = block.sublayers
        _self_attention(target.self_attention, attention)
        _feed_forward(target.ffn, feed_forward)
    for target, block in zip(spec.decoder.layer, translator.decoder, strict=True):
        sublayers: Sequence[Any] = block.sublayers
        attention, cross, feed_forward = sublayers
        _self_attention(target.self_attention, attention)
        _norm(target.attention.layer_norm, cross.residual.norm)
        parts = (cross.part.query, cross.part.key_value, cross.part.output_projection)
        for place, dense in enumerate(parts):
            _linear(target.attention.linear[place], dense)
        _feed_forward(target.ffn, feed_forward)
    spec.config.layer_norm_epsilon = EPSILON
    return spec


def _positions(target: Any, embedding: Any) -> None:
    """Those of any kind that is added to the vectors of pieces."""
    nothing = np.zeros((1, _POSITIONS, embedding.width), np.float32)
    target.position_encodings.encodings = _array(embedding.positions(nothing))[0]


def _self_attention(target: Any, sublayer: Any) -> None:
    _norm(target.layer_norm, sublayer.residual.norm)
    _linear(target.linear[0], sublayer.part.query_key_value)
    _linear(target.linear[1], sublayer.part.output_projection)


def _feed_forward(target: Any, sublayer: Any) -> None:
    _norm(target.layer_norm, sublayer.residual.norm)
    _linear(target.linear_0, sublayer.part.inner)
    _linear(target.linear_1, sublayer.part.outer)


def _norm(target: Any, norm: Any) -> None:
    target.gamma, target.beta = _array(norm.gamma), _array(norm.beta)


def _linear(target: Any, dense: Any) -> None:
    target.weight, target.bias = _array(dense.kernel).T.copy(), _array(dense.bias)


def _array(variable: Any) -> np.ndarray:
    return np.array(variable.numpy(), np.float32)
