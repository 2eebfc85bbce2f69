"""A translator as search sees it, by its own `encode` and `step`: for the dev sentences of a training, to
check the export, and to export what has no faster decoder.

Notation: `B` batch, `K` beams, `N` hypotheses (B x K), `S` source length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from keras import ops

from trainer.models.base import State, Translator
from trainer.search import Step, StepFunctionDecoder


class KerasDecoder(StepFunctionDecoder):
    """`Decoder` of `trainer.search` from any translator; every tensor of the state is copied on a reorder."""

    def __init__(self, translator: Translator) -> None:
        super().__init__(self._beams_step)
        self._translator = translator
        self._begin = self.function(self._begun, [tf.TensorSpec([None, None], tf.int32)])
        self._advance: Callable[..., _Advanced] | None = None

    def function(self, graph: Callable[..., Any], signature: Sequence[Any]) -> Any:
        """A function of TensorFlow that reads the translator's weights as they are when it runs."""
        return tf.function(graph, input_signature=signature, autograph=False)

    def start(self, source: tf.Tensor, beams: int) -> State:
        """Source ids [B, S] → the state before the first step, [B, K, ...]."""
        state = self._begin(source)
        self.prepare(state)
        return tf.nest.map_structure(lambda part: tf.repeat(part[:, None], beams, axis=1), state)

    def prepare(self, state: State) -> None:
        """Know by the first state what states are like."""
        if self._advance is None:
            rows, time = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
            signature = [rows, tf.nest.map_structure(_growing, state), time]
            self._advance = self.function(self._advanced, signature)

    def _begun(self, source: tf.Tensor) -> State:
        return self._translator.start(self._translator.encode(source))

    def _advanced(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> _Advanced:
        stepped = self._translator.step(tokens, state, time)
        scores = ops.log_softmax(self._translator.logits(stepped.states), axis=-1)
        return _Advanced(scores, stepped.attention, stepped.state)

    def _beams_step(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> tuple[Step, State]:
        """All hypotheses as rows of one batch, and back."""
        assert self._advance is not None, "a decoder steps from a state that its `start` gave"
        shape = tf.shape(tokens)

        def merge(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0))

        def split(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([shape, tf.shape(part)[1:]], 0))

        merged = tf.nest.map_structure(merge, state)
        scores, attention, reached = self._advance(merge(tokens), merged, time)
        return Step(split(scores), tf.zeros(shape), split(attention)), tf.nest.map_structure(split, reached)


class _Advanced(NamedTuple):
    """Log-probabilities [N, V], attention [N, S], and the state."""

    scores: tf.Tensor
    attention: tf.Tensor
    state: State


def _growing(part: tf.Tensor) -> tf.TensorSpec:
    """What a tensor of a state may be in later steps (`trainer.models.base.State`)."""
    return tf.TensorSpec([None, *(extent or None for extent in part.shape[1:])], part.dtype)
