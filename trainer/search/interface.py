"""What search asks of a model, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import tensorflow as tf


class Step(NamedTuple):
    """The next piece of every hypothesis: its log-probability is `logits - log_normalizer`.

    The two are apart because search needs the difference for a few pieces only, not for the whole vocabulary.
    """

    logits: tf.Tensor
    """[B, K, V] float32"""
    log_normalizer: tf.Tensor
    """[B, K] float32: the logarithm of the sum of exp(logits); 0 where logits are log-probabilities
    already.
    """
    attention: tf.Tensor
    """[B, K, S] float32: where in the source each hypothesis looked; rows sum to 1. S may be 0 if no penalty
    needs it.
    """


class Hypotheses(NamedTuple):
    """The best hypotheses of each sentence, best first."""

    sequences: tf.Tensor
    """[B, N, T] int32: pieces with the end at the last place of each, padding after it."""
    scores: tf.Tensor
    """[B, N] float32: Wu et al. 2016, equation 14; minus infinity where a sentence has fewer than N
    hypotheses.
    """
    lengths: tf.Tensor
    """[B, N] int32: pieces, the end among them; 0 where there is no hypothesis."""


class Decoder(Protocol):
    """A model as search sees it. A state is any nest of tensors."""

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        """The last pieces [B, K] int32 of every hypothesis, at position `time` (0: the first) → what may
        come next.
        """

    def reorder(self, state: Any, parents: tf.Tensor, time: tf.Tensor) -> Any:
        """The state in which hypothesis k is the continuation of hypothesis `parents[b, k]`; after step
        `time`.
        """

    def select(self, state: Any, rows: tf.Tensor) -> Any:
        """The state of the sentences `rows` int32 only: the others are done."""

    def reserve(self, state: Any, time: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """The state with room for more steps from `time` on, and the time up to which it suffices
        (exclusive).
        """


StepFunction = Callable[[tf.Tensor, Any, tf.Tensor], tuple[Step, Any]]


class StepFunctionDecoder:
    """A decoder from a mere function: every tensor of its state begins with the axes [B, K] and is copied on
    a reorder.
    """

    def __init__(self, function: StepFunction) -> None:
        self._function = function

    def step(self, tokens: tf.Tensor, state: Any, time: tf.Tensor) -> tuple[Step, Any]:
        """See `Decoder.step`."""
        return self._function(tokens, state, time)

    def reorder(self, state: Any, parents: tf.Tensor, time: tf.Tensor) -> Any:
        """See `Decoder.reorder`."""
        del time
        return tf.nest.map_structure(lambda part: tf.gather(part, parents, axis=1, batch_dims=1), state)

    def select(self, state: Any, rows: tf.Tensor) -> Any:
        """See `Decoder.select`."""
        return tf.nest.map_structure(lambda part: tf.gather(part, rows), state)

    def reserve(self, state: Any, time: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """See `Decoder.reserve`: room without end."""
        del time
        return state, tf.constant(tf.int32.max)


def loose_shapes(tensors: Any) -> Any:
    """Shape invariants of a loop in which any extent may change."""
    return tf.nest.map_structure(lambda tensor: tf.TensorShape([None] * tensor.shape.rank), tensors)
