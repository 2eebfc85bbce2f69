"""A translator as search sees it, by its own `encode` and `step`: for the dev sentences of a training, to
check the export, and to export what has no faster decoder.

Notation: `B` batch, `K` beams, `N` hypotheses (B x K), `S` source length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.models.base import State, Stepped, Translator
from trainer.search.decoder import BodyWithHead
from trainer.search.heads.full import Full
from trainer.search.interface import BodyOutput, CopiedState


class KerasBody(CopiedState):
    """`Model` of `trainer.search` from any translator; every tensor of the state is copied on a reorder."""

    state_spec: Any = None  # Known only when there is a state.

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._begin = self.function(self._begun, [tf.TensorSpec([None, None], tf.int32)])
        self._advance: Any = None
        self._project: Any = None

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
            signature = [rows, tf.nest.map_structure(growing, state), time]
            self._advance = self.function(self._translator.step, signature)
            states = self._advance.get_concrete_function().structured_outputs.states
            spec = tf.TensorSpec([None, states.shape[-1]], states.dtype)
            self._project = self.function(self._translator.logits, [spec])

    def _begun(self, source: tf.Tensor) -> State:
        return self._translator.start(self._translator.encode(source))

    def step(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> tuple[BodyOutput, State]:
        """See `Body.step`: all hypotheses as rows of one batch, and back."""
        assert self._advance is not None, "a body steps from a state that its `start` gave"
        shape = tf.shape(tokens)

        def merge(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0))

        def split(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([shape, tf.shape(part)[1:]], 0))

        merged = tf.nest.map_structure(merge, state)
        stepped: Stepped = self._advance(merge(tokens), merged, time)
        heads = tuple(tf.transpose(split(head), [0, 2, 1, 3]) for head in stepped.heads)
        output = BodyOutput(split(stepped.states), split(stepped.attention), heads)
        return output, tf.nest.map_structure(split, stepped.state)

    def logits(self, outputs: tf.Tensor, pieces: np.ndarray | None = None) -> tf.Tensor:
        """See `Model.logits`."""
        shape = tf.shape(outputs)
        logits = self._project(tf.reshape(outputs, [-1, shape[2]]))
        logits = tf.reshape(logits, [shape[0], shape[1], logits.shape[-1]])
        return logits if pieces is None else tf.gather(logits, pieces, axis=2)

    def output_layer(self, pieces: tf.Tensor) -> tf.Tensor:
        """See `Model.output_layer`: the pieces, of all of whose logits `project` takes theirs."""
        return pieces

    def project(self, outputs: tf.Tensor, layer: tf.Tensor) -> tf.Tensor:
        """See `Model.project`."""
        return tf.gather(self.logits(outputs), layer, axis=2)


class KerasDecoder(BodyWithHead):
    """`Decoder` of `trainer.search` from any translator, over all pieces."""

    def __init__(self, translator: Translator) -> None:
        body = KerasBody(translator)
        super().__init__(body, Full(body))


def growing(part: tf.Tensor) -> tf.TensorSpec:
    """What a tensor of a state may be in later steps (`trainer.models.base.State`)."""
    return tf.TensorSpec([None, *(extent or None for extent in part.shape[1:])], part.dtype)
