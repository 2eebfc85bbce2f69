"""An exponential moving average of the weights (Polyak and Juditsky 1992; in this form Kingma and Ba 2015,
https://arxiv.org/abs/1412.6980, section 7.2).

Of our own and not Keras's (`use_ema`), which has no warm-up: after a thousand steps a third of an average
with 0.999 would still be the weights of the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class MovingAverage:
    """a <- m a + (1 - m) theta after every update, with m = min(decay, (1 + t) / (10 + t)) after t of them,
    so that short trainings forget their beginning too.
    """

    def __init__(self, weights: Sequence[Any], decay: float) -> None:
        """`weights`: Keras variables that are built; to be called under the strategy's scope."""
        self._weights, self._decay = weights, decay
        self.variables = [
            keras.Variable(
                ops.convert_to_numpy(weight), trainable=False, dtype=weight.dtype, name=f"average_{place}"
            )
            for place, weight in enumerate(weights)
        ]
        """One for each weight; a training that goes on needs them."""

    def update(self, updates: Any) -> None:
        """After so many updates of the weights; in the graph, outside of replicas."""
        step = ops.cast(updates, "float32")
        kept = ops.minimum(self._decay, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.variables, self._weights, strict=True):
            average.assign(kept * average.value + (1.0 - kept) * ops.convert_to_tensor(weight))
