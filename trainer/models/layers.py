"""The parts of the Transformer (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762), in `keras.ops` alone.

Notation: `B` batch, `S` source length, `T` target length, `D` model width, `H` heads.
Projections that read the same input are one matrix product: queries, keys and values of self-attention are
one kernel [D, 3D], keys and values of cross-attention one kernel [D, 2D].

In mixed precision `Dense` alone casts what it reads: `autocast=False` everywhere else keeps norms, the
softmax and the residual stream in float32.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

MASKED = -1e9
"""Added to the attention logits of positions that must not be seen: their weight is exactly 0 in float32."""

EPSILON = 1e-6
"""Of every layer norm."""

_DRAW_BYTES = 4
"""Of one random draw; each byte decides about one element."""


class CheapDropout(keras.layers.Layer):
    """Dropout (Srivastava et al. 2014) that draws eight random bits for an element, not a float.

    On a CPU drawing a float each is a fifth of a training step. The rate is rounded to 1/256.
    """

    def __init__(self, rate: float, name: str | None = None) -> None:
        super().__init__(name=name, autocast=False)
        self.threshold = round(rate * 256)
        self.kept = 1.0 - self.threshold / 256
        self.seeds = keras.random.SeedGenerator()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Inputs [..., D], returned with elements zeroed and the others scaled up when training."""
        if not training or not self.threshold:
            return inputs
        *outer, width = ops.shape(inputs)
        draws_shape = (*outer, -(-width // _DRAW_BYTES))
        draws = keras.random.randint(draws_shape, -(1 << 31), (1 << 31) - 1, "int32", seed=self.seeds)
        keep = ops.view(draws, "uint8")[..., :width] >= ops.cast(self.threshold, "uint8")
        return inputs * (ops.cast(keep, inputs.dtype) * (1.0 / self.kept))


class Linear(keras.layers.Layer):
    """`x W + b` over the last axis, as one plain matrix product.

    Keras's Dense multiplies [B, T, D] by a broadcast kernel, whose gradient on TensorFlow is B products
    and a sum: a third of a training step on a CPU.
    """

    def __init__(self, inputs: int, outputs: int, name: str, *, bias: bool = True) -> None:
        super().__init__(name=name)
        self.inputs, self.outputs, self.has_bias = inputs, outputs, bias

    def build(self, input_shape: Any = None) -> None:
        """A kernel [inputs, outputs] and a bias [outputs]."""
        self.kernel = self.add_weight(
            shape=(self.inputs, self.outputs), initializer="glorot_uniform", dtype="float32", name="kernel"
        )
        if self.has_bias:
            self.bias = self.add_weight(
                shape=(self.outputs,), initializer="zeros", dtype="float32", name="bias"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """[..., inputs] → [..., outputs]."""
        shape = ops.shape(inputs)
        flat = ops.cast(ops.reshape(inputs, (-1, self.inputs)), self.compute_dtype)
        product = ops.matmul(flat, ops.cast(self.kernel, self.compute_dtype))
        if self.has_bias:
            product = product + ops.cast(self.bias, self.compute_dtype)
        return ops.reshape(product, (*shape[:-1], self.outputs))


class LayerNorm(keras.layers.Layer):
    """Layer normalisation (Ba et al. 2016, https://arxiv.org/abs/1607.06450, equation 4), in float32."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """A gain and a bias of the model's width."""
        self.gamma = self.add_weight(shape=(self.width,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(self.width,), initializer="zeros", name="beta")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """[..., D] → [..., D]."""
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return centred * ops.rsqrt(variance + EPSILON) * self.gamma + self.beta


class Attention(keras.layers.Layer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, equation 1 and section 3.2.2)."""

    def __init__(self, width: int, heads: int, *, cross: bool, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width, self.heads, self.cross = width, heads, cross
        self.depth = width // heads
        if cross:
            self.query = Linear(width, width, "query")
            self.key_value = Linear(width, 2 * width, "key_value")
        else:
            self.query_key_value = Linear(width, 3 * width, "query_key_value")
        self.output_projection = Linear(width, width, "output")

    def build(self, input_shape: Any) -> None:
        """All projections read vectors of the model's width."""
        shape = (None, None, self.width)
        for dense in (self.query, self.key_value) if self.cross else (self.query_key_value,):
            dense.build(shape)
        self.output_projection.build(shape)
        self.built = True

    def project(self, inputs: Any) -> tuple[Any, Any, Any]:
        """[B, T, D] → queries, keys, values of self-attention, [B, H, T, D/H] each."""
        query, key, value = ops.split(self.query_key_value(inputs), 3, axis=-1)
        return self._split_heads(query), self._split_heads(key), self._split_heads(value)

    def project_query(self, inputs: Any) -> Any:
        """[B, T, D] → queries of cross-attention [B, H, T, D/H]."""
        return self._split_heads(self.query(inputs))

    def project_memory(self, memory: Any) -> tuple[Any, Any]:
        """[B, S, D] → keys and values of cross-attention, [B, H, S, D/H] each."""
        key, value = ops.split(self.key_value(memory), 2, axis=-1)
        return self._split_heads(key), self._split_heads(value)

    def attend(self, query: Any, key: Any, value: Any, mask: Any) -> tuple[Any, Any]:
        """Queries [B, H, T, D/H] over keys and values [B, H, S, D/H]; `mask` is added to the logits.

        Returns [B, T, D] and the weights [B, H, T, S].
        """
        logits = ops.matmul(query, ops.swapaxes(key, -1, -2))
        logits = ops.cast(logits, "float32") * (self.depth**-0.5) + mask
        weights = ops.softmax(logits, axis=-1)
        context = ops.matmul(ops.cast(weights, value.dtype), value)
        context = ops.transpose(context, (0, 2, 1, 3))
        shape = ops.shape(context)
        return self.output_projection(ops.reshape(context, (shape[0], shape[1], self.width))), weights

    def call(self, inputs: Any, mask: Any, memory: Any | None = None) -> Any:
        """Teacher forcing: self-attention over `inputs`, or cross-attention of `inputs` over `memory`."""
        if self.cross:
            return self.attend(self.project_query(inputs), *self.project_memory(memory), mask)[0]
        return self.attend(*self.project(inputs), mask)[0]

    def _split_heads(self, states: Any) -> Any:
        shape = ops.shape(states)
        return ops.transpose(ops.reshape(states, (shape[0], shape[1], self.heads, self.depth)), (0, 2, 1, 3))


class FeedForward(keras.layers.Layer):
    """Two linear maps with a ReLU between them (Vaswani et al. 2017, equation 2)."""

    def __init__(self, width: int, inner: int, dropout: float, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.inner = Linear(width, inner, "inner")
        self.outer = Linear(inner, width, "outer")
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any) -> None:
        """[B, T, D] in and out."""
        self.inner.build()
        self.outer.build()
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """[B, T, D] → [B, T, D]."""
        return self.outer(self.dropout(ops.relu(self.inner(inputs)), training=training))


class Residual(keras.layers.Layer):
    """Layer norm and dropout around a sub-layer: `x + f(norm(x))` (pre) or `norm(x + f(x))` (post).

    Post-norm is Vaswani et al. 2017, section 3.1; pre-norm Xiong et al. 2020 (https://arxiv.org/abs/2002.04745).
    """

    def __init__(self, width: int, norm: str, dropout: float, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.width = width
        self.pre = norm == "pre"
        self.norm = LayerNorm(width, name="norm")
        self.dropout = CheapDropout(dropout, name="dropout")

    def build(self, input_shape: Any) -> None:
        """The norm has a gain and a bias of the model's width."""
        self.norm.build()
        self.built = True

    def before(self, inputs: Any) -> Any:
        """What the sub-layer reads."""
        return self.norm(inputs) if self.pre else inputs

    def after(self, inputs: Any, outputs: Any, training: bool = False) -> Any:
        """The sub-layer's outputs joined with its inputs; the residual stream stays in float32."""
        joined = inputs + ops.cast(self.dropout(outputs, training=training), "float32")
        return joined if self.pre else self.norm(joined)
