"""The Keras model as search sees it: for the dev sentences of a training, and to check the export."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from trainer.models import Transformer
from trainer.models.transformer import State
from trainer.search.decoder import BodyWithHead
from trainer.search.heads.full import Full
from trainer.search.interface import CopiedState, Move


class KerasBody(CopiedState):
    """`Body` of `trainer.search` from the Keras model's own `encode`, `step_states` and `logits`."""

    state_spec = None

    def __init__(self, translator: Transformer) -> None:
        self._translator = translator

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step, [B, K, ...]."""
        state = self._translator.start(self._translator.encode(source))
        return tf.nest.map_structure(lambda part: tf.repeat(part[:, None], beams, axis=1), state)

    def step(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> tuple[Move, State]:
        """See `Body.step`; the attention is that of the last layer, the mean of its heads."""
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
        outputs, merged, attention = self._translator.step_states(tokens, merged, time)

        def split(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([shape, tf.shape(part)[1:]], 0))

        return Move(split(outputs), split(attention)), tf.nest.map_structure(split, merged)

    def logits(self, outputs: tf.Tensor, pieces: np.ndarray | None = None) -> tf.Tensor:
        """See `Model.logits`."""
        logits = self._translator.logits(outputs)
        return logits if pieces is None else tf.gather(logits, pieces, axis=2)


class KerasDecoder(BodyWithHead):
    """`Decoder` of `trainer.search` from the Keras model, over all pieces."""

    def __init__(self, translator: Transformer) -> None:
        body = KerasBody(translator)
        super().__init__(body, Full(body))
