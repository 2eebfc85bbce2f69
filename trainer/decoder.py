"""The Keras model as search sees it: for the dev sentences of a training, and to check the export."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from trainer.models import Transformer
from trainer.models.transformer import State
from trainer.search import Step, StepFunctionDecoder


class KerasDecoder(StepFunctionDecoder):
    """`Decoder` of `trainer.search` from the Keras model's own `encode` and `step`."""

    def __init__(self, translator: Transformer) -> None:
        super().__init__(self._keras_step)
        self._translator = translator

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step, [B, K, ...]."""
        state = self._translator.start(self._translator.encode(source))
        return tf.nest.map_structure(lambda part: tf.repeat(part[:, None], beams, axis=1), state)

    def _keras_step(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> tuple[Step, State]:
        shape = tf.shape(tokens)
        merged = tf.nest.map_structure(
            lambda part: tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0)), state
        )
        config = self._translator.config
        depth = config.width // config.heads
        for part in (*merged.self_keys, *merged.self_values, *merged.cross_keys, *merged.cross_values):
            part.set_shape([None, config.heads, None, depth])
        merged.memory_mask.set_shape([None, 1, 1, None])
        tokens = tf.reshape(tokens, [-1])
        scores, merged, attention = self._translator.step_with_attention(tokens, merged, time)

        def split(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([shape, tf.shape(part)[1:]], 0))

        step = Step(split(scores), tf.zeros(shape), split(attention))
        return step, tf.nest.map_structure(split, merged)
