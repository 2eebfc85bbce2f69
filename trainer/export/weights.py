"""How an exported graph has its weights: as constants, so that there is nothing to restore and products with
them can be prepared once, or where they are too many for a graph as variables, which the loader restores.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

CONSTANT_BYTES = 3 * 2**29
"""Weights of more than these 1.5 GiB become variables: protocol buffers, and so graphs, are smaller than 2
GiB, and text ends and search have their part of it."""


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
