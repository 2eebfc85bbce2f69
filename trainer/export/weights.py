"""How an exported graph has its weights: as constants, so that there is nothing to restore or read, or where
they are many as variables, which the loader restores.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

CONSTANT_BYTES = 64 << 20
"""Weights of more than that become variables. TensorFlow copies a graph's constants about ten times while it
is written and loaded, which a server pays for each version in memory and in time; variables cost 2 to 5 % of
the speed (docs/results/large-export.md)."""


class Constants:
    """Holds each weight as it is."""

    def __init__(self) -> None:
        self.bytes = 0
        """Of all that was held, as often as it was."""

    def __call__(self, weight: np.ndarray) -> np.ndarray:
        """See `trainer.models.base.Hold`."""
        self.bytes += weight.nbytes
        return weight


class Variables:
    """Holds each weight in a variable."""

    def __init__(self) -> None:
        self.variables: list[tf.Variable] = []
        """To be saved beside the graph."""

    def __call__(self, weight: np.ndarray) -> tf.Variable:
        """See `trainer.models.base.Hold`."""
        self.variables.append(tf.Variable(weight, trainable=False))
        return self.variables[-1]
