"""A translator as a CTranslate2 model (https://opennmt.net/CTranslate2/), with the same weights.

The folder also holds `source.spm` and `target.spm`, the SentencePiece models that cut text into its pieces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec

from trainer.export.weights import sinusoids
from trainer.models import Transformer
from trainer.vocabulary import Vocabulary

_POSITIONS = 512


def export_ctranslate2(translator: Transformer, vocabulary: Vocabulary, directory: Path) -> None:
    """Write the translator as a float32 CTranslate2 model, and its SentencePiece models beside it."""
    config = translator.config
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers), config.heads, pre_norm=config.norm == "pre"
    )
    spec.encoder.embeddings[0].weight = _array(translator.source_embedding.table)
    spec.decoder.embeddings.weight = _array(translator.target_embedding.table)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = sinusoids(_POSITIONS, config.width)
    if config.norm == "pre":
        _norm(spec.encoder.layer_norm, translator.encoder_norm)
        _norm(spec.decoder.layer_norm, translator.decoder_norm)
    if translator.output_projection is None:
        spec.decoder.projection.weight = _array(translator.target_embedding.table)
    else:
        spec.decoder.projection.weight = _array(translator.output_projection.kernel).T.copy()
    for target, layer in zip(spec.encoder.layer, translator.encoder, strict=True):
        _self_attention(target.self_attention, layer)
        _feed_forward(target.ffn, layer)
    for target, layer in zip(spec.decoder.layer, translator.decoder, strict=True):
        _self_attention(target.self_attention, layer)
        cross = layer.cross_attention
        _norm(target.attention.layer_norm, layer.cross_attention_residual.norm)
        for place, dense in enumerate((cross.query, cross.key_value, cross.output_projection)):
            _linear(target.attention.linear[place], dense)
        _feed_forward(target.ffn, layer)
    spec.register_source_vocabulary(pieces(vocabulary.source_model))
    spec.register_target_vocabulary(pieces(vocabulary.target_model))
    spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = 1e-6
    spec.validate()
    directory.mkdir(parents=True, exist_ok=True)
    spec.save(str(directory))
    (directory / "source.spm").write_bytes(vocabulary.source_model)
    (directory / "target.spm").write_bytes(vocabulary.target_model)


def pieces(model: bytes) -> list[str]:
    """The pieces of a SentencePiece model, by id."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(index) for index in range(processor.get_piece_size())]


def _self_attention(target: Any, layer: Any) -> None:
    _norm(target.layer_norm, layer.attention_residual.norm)
    _linear(target.linear[0], layer.attention.query_key_value)
    _linear(target.linear[1], layer.attention.output_projection)


def _feed_forward(target: Any, layer: Any) -> None:
    _norm(target.layer_norm, layer.feed_forward_residual.norm)
    _linear(target.linear_0, layer.feed_forward.inner)
    _linear(target.linear_1, layer.feed_forward.outer)


def _norm(target: Any, norm: Any) -> None:
    target.gamma, target.beta = _array(norm.gamma), _array(norm.beta)


def _linear(target: Any, dense: Any) -> None:
    target.weight, target.bias = _array(dense.kernel).T.copy(), _array(dense.bias)


def _array(variable: Any) -> np.ndarray:
    return np.array(variable.numpy(), np.float32)
