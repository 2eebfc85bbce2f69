"""The body that is exported of an architecture without a faster one: the translator's own steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from trainer.decoder import KerasBody, growing
from trainer.models.base import Hold, Translator


class GenericBody(KerasBody):
    """`KerasBody` with weights that are held, not the translator's own variables.

    Each function is one in the library, however many signatures search with it: its weights are stored once.
    """

    def __init__(self, translator: Translator, hold: Hold) -> None:
        self._hold = hold
        super().__init__(translator)
        state = self._begin.get_concrete_function().structured_outputs
        self.prepare(state)
        self.state_spec = tf.nest.map_structure(_of_beams, state)

    def function(self, graph: Callable[..., Any], signature: Sequence[Any]) -> Any:
        """A function of TensorFlow with the weights that it uses in it, or beside it."""
        with tf.init_scope():
            traced = tf.function(graph, input_signature=signature, autograph=False).get_concrete_function()
            used = {id(variable) for variable in traced.variables}
            held = [
                (variable, self._hold(keras.ops.convert_to_numpy(variable)))
                for variable in self._translator.variables
                if id(variable.value) in used
            ]

        def holding(*arguments: Any) -> Any:
            values = [(variable, tf.convert_to_tensor(weight)) for variable, weight in held]
            with keras.StatelessScope(state_mapping=values):
                return graph(*arguments)

        return tf.function(holding, input_signature=signature, autograph=False)


def _of_beams(part: tf.Tensor) -> tf.TensorSpec:
    """What a tensor [B, ...] of a state may be in later steps of search, [B, K, ...]."""
    spec = growing(part)
    return tf.TensorSpec([None, *spec.shape], spec.dtype)
