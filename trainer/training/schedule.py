"""The learning rate (Vaswani et al. 2017, equation 3), with its peak as the parameter."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear to `peak` over `warmup_steps`, then falling with the inverse square root of the step."""

    def __init__(self, peak: float, warmup_steps: int) -> None:
        self.peak, self.warmup_steps = peak, warmup_steps

    def __call__(self, step: Any) -> Any:
        """The rate of the update after `step` updates."""
        update = ops.cast(step, "float32") + 1.0
        return self.peak * ops.minimum(update / self.warmup_steps, ops.sqrt(self.warmup_steps / update))

    def get_config(self) -> dict[str, Any]:
        """What Keras saves."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps}
