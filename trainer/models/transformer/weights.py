"""The weights of a translator as arrays, arranged for decoding.

Everything that can be computed once is: queries are scaled, embeddings are scaled, and with pre-norm the
layer norms leave only a division by the root mean square. For that (1) whatever is written to the residual
stream has its mean removed in advance, which no reader notices, as every reader begins with a layer norm;
(2) a norm's gain and bias are part of the projection that reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from trainer.models.base import Hold
from trainer.models.parts.block import Block
from trainer.models.transformer.model import Transformer
from trainer.search.topk import GROUP

_NEVER = np.float32(-np.inf)

Array = npt.NDArray[np.float32]


class LinearWeights(NamedTuple):
    """x [..., I] → x @ kernel + bias [..., O]."""

    kernel: Array
    """[I, O]"""
    bias: Array
    """[O]"""

    def after_norm(self, norm: Any) -> LinearWeights:
        """The same with the gain and bias of the norm in front."""
        gain, bias = _arrays(norm.gamma, norm.beta)
        return LinearWeights(gain[:, None] * self.kernel, self.bias + bias @ self.kernel)

    def columns(self, places: np.ndarray) -> LinearWeights:
        """The same with these outputs alone."""
        if isinstance(self.kernel, np.ndarray):  # Now, and not at every step.
            return LinearWeights(np.ascontiguousarray(self.kernel[:, places]), self.bias[places])
        return LinearWeights(tf.gather(self.kernel, places, axis=1), tf.gather(self.bias, places))

    def gathered(self, places: tf.Tensor) -> LinearWeights:
        """The same with the outputs [C] int32 alone, which the graph works out."""
        if isinstance(self.kernel, np.ndarray):
            # Whole rows are gathered several times as fast as numbers of every row.
            kernel = tf.transpose(tf.gather(np.ascontiguousarray(self.kernel.T), places))
        else:
            kernel = tf.gather(self.kernel, places, axis=1)
        return LinearWeights(kernel, tf.gather(self.bias, places))

    def centred(self) -> LinearWeights:
        """The same with the mean of its output removed."""
        return LinearWeights(
            self.kernel - self.kernel.mean(axis=1, keepdims=True), self.bias - self.bias.mean()
        )


class NormWeights(NamedTuple):
    """A layer norm's gain and bias, each [D]."""

    gain: Array
    bias: Array


class LayerWeights(NamedTuple):
    """A layer of the encoder or of the decoder: `D` model width, `F` width inside the feed-forward."""

    query_key_value: LinearWeights
    """[D, 3 D]"""
    attention_output: LinearWeights
    """[D, D]"""
    cross_query: LinearWeights | None
    """[D, D]; None in the encoder, as the next two."""
    cross_key_value: LinearWeights | None
    """[D, 2 D]"""
    cross_output: LinearWeights | None
    """[D, D]"""
    inner: LinearWeights
    """[D, F]"""
    outer: LinearWeights
    """[F, D]"""
    norms: tuple[NormWeights, ...]
    """With post-norm, one after each sub-layer; with pre-norm none."""


class Weights(NamedTuple):
    """A whole translator."""

    width: int
    heads: int
    pre_norm: bool
    source_table: Array
    """[V, D]"""
    target_table: Array
    """[V, D], padded as `output` is."""
    encoder: tuple[LayerWeights, ...]
    decoder: tuple[LayerWeights, ...]
    encoder_norm: NormWeights | None
    output: LinearWeights
    """[D, V], V padded to a multiple of `GROUP` with pieces of log-probability minus infinity: search may
    pick them where nothing else is left, for hypotheses that are dead.
    """

    @property
    def depth(self) -> int:
        """D/H"""
        return self.width // self.heads

    @property
    def head_shape(self) -> tuple[int, int]:
        """H and D/H."""
        return self.heads, self.depth

    def positions(self, length: int) -> Array:
        """Positions [length, D] to add to the embeddings."""
        waves = sinusoids(length, self.width)
        return waves - waves.mean(axis=1, keepdims=True) if self.pre_norm else waves


def sinusoids(length: int, width: int) -> Array:
    """Positions [length, D] (Vaswani et al. 2017, section 3.5): sines at even places, cosines at odd ones."""
    places = np.arange(width)
    rates = 1e-4 ** (2 * (places // 2) / width)
    angles = np.arange(length)[:, None] * rates
    return np.where(places % 2, np.cos(angles), np.sin(angles)).astype(np.float32)


def read_weights(translator: Transformer, hold: Hold) -> Weights:
    """The arrays of a translator, each layer's held before the next one's are made."""
    config = translator.config
    pre = config.norm == "pre"
    root = np.float32(config.width**0.5)

    def table(embedding: Any) -> Array:
        (rows,) = _arrays(embedding.table)
        rows = rows * root
        return rows - rows.mean(axis=1, keepdims=True) if pre else rows

    def held(part: Any) -> Any:
        return tf.nest.map_structure(lambda array: None if array is None else hold(array), part)

    target_table = table(translator.target_embedding)
    # A dead hypothesis is still looked up, and a row that is not there ends the whole request.
    target_table = np.pad(target_table, [(0, -len(target_table) % GROUP), (0, 0)])
    shared = translator.source_embedding is translator.target_embedding
    if translator.output_projection is None:
        (kernel,) = _arrays(translator.target_embedding.table)
        kernel = np.ascontiguousarray(kernel.T)
    else:
        (kernel,) = _arrays(translator.output_projection.kernel)
    output = _padded(LinearWeights(kernel, np.zeros(kernel.shape[1], np.float32)))
    return Weights(
        width=config.width,
        heads=config.heads,
        pre_norm=pre,
        source_table=hold(target_table if shared else table(translator.source_embedding)),
        target_table=hold(target_table),
        encoder=tuple(held(_layer(block, pre)) for block in translator.encoder),
        decoder=tuple(held(_layer(block, pre)) for block in translator.decoder),
        encoder_norm=held(_norm(translator.encoder_norm)) if pre else None,
        output=held(output.after_norm(translator.decoder_norm) if pre else output),
    )


def _layer(block: Block, pre: bool) -> LayerWeights:
    """Of the encoder two sub-layers, of the decoder one more between them."""
    sublayers: Sequence[Any] = block.sublayers
    (attention, residual), *between, (feed_forward, last) = sublayers
    cross, cross_residual = between[0] if between else (None, None)

    def reads(linear: LinearWeights, where: Any) -> LinearWeights:
        return linear.after_norm(where.norm) if pre else linear

    def writes(linear: LinearWeights) -> LinearWeights:
        return linear.centred() if pre else linear

    return LayerWeights(
        query_key_value=_scaled(reads(_linear(attention.query_key_value), residual), attention),
        attention_output=writes(_linear(attention.output_projection)),
        cross_query=None if cross is None else _scaled(reads(_linear(cross.query), cross_residual), cross),
        cross_key_value=None if cross is None else _linear(cross.key_value),
        cross_output=None if cross is None else writes(_linear(cross.output_projection)),
        inner=reads(_linear(feed_forward.inner), last),
        outer=writes(_linear(feed_forward.outer)),
        norms=() if pre else tuple(_norm(residual.norm) for _, residual in sublayers),
    )


def _padded(output: LinearWeights) -> LinearWeights:
    """More pieces, of logit minus infinity, so that search can look at them in groups."""
    missing = -output.bias.size % GROUP
    return LinearWeights(
        np.pad(output.kernel, [(0, 0), (0, missing)]),
        np.pad(output.bias, (0, missing), constant_values=_NEVER),
    )


def _scaled(linear: LinearWeights, attention: Any) -> LinearWeights:
    """The first D outputs are queries: times (D/H)^-0.5, so that attention need not scale its logits."""
    scale = np.ones(linear.bias.shape, np.float32)
    scale[: attention.width] = attention.depth**-0.5
    return LinearWeights(linear.kernel * scale, linear.bias * scale)


def _linear(dense: Any) -> LinearWeights:
    return LinearWeights(*_arrays(dense.kernel, dense.bias))


def _norm(norm: Any) -> NormWeights:
    return NormWeights(*_arrays(norm.gamma, norm.beta))


def _arrays(*variables: Any) -> tuple[Array, ...]:
    return tuple(np.asarray(variable.numpy(), np.float32) for variable in variables)
