"""The learning rate (Vaswani et al. 2017, equation 3), with its peak as the parameter, and a cooldown."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops


class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear to `peak` over `warmup_steps`, then falling with the inverse square root of the step; all of it
    times `scale`, which the training loop lowers in its cooldown.
    """

    def __init__(self, peak: float, warmup_steps: int) -> None:
        self.peak, self.warmup_steps = peak, warmup_steps
        self.scale = tf.Variable(1.0, trainable=False, name="learning_rate_scale")

    def __call__(self, step: Any) -> Any:
        """The rate of the update after `step` updates."""
        update = ops.cast(step, "float32") + 1.0
        rate = self.peak * ops.minimum(update / self.warmup_steps, ops.sqrt(self.warmup_steps / update))
        return rate * ops.convert_to_tensor(self.scale)

    def get_config(self) -> dict[str, Any]:
        """What Keras saves."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps}


def cooldown_scale(done: float, cooldown: float) -> float:
    """Linear from 1 to 0 over the last `cooldown` of the training, of which the share `done` is over (Hägele
    et al. 2024, https://arxiv.org/abs/2405.18392, section 3).
    """
    return min(1.0, max(0.0, 1.0 - done) / cooldown) if cooldown else 1.0
