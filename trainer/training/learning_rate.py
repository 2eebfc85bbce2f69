"""The learning rate of a training: a warm-up, what its schedule says, a cooldown; the optimizer with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer.config import TrainingConfig
from trainer.optimizers.base import OPTIMIZERS
from trainer.schedules.base import ScheduleConfig


class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """Linear to `peak` over `warmup_steps`, then the schedule's share of it; all of it times `scale`, which
    falls in the cooldown. The training says how much of it is over.
    """

    def __init__(self, schedule: ScheduleConfig, peak: float, warmup_steps: int, cooldown: float) -> None:
        self.schedule, self.peak = schedule, peak
        self.warmup_steps, self.cooldown = warmup_steps, cooldown
        self.done = tf.Variable(0.0, trainable=False, name="training_done")
        self.scale = tf.Variable(1.0, trainable=False, name="learning_rate_scale")

    def advance(self, done: float) -> None:
        """Of the training, the share `done` is over."""
        self.done.assign(done)
        self.scale.assign(cooldown_scale(done, self.cooldown))

    def __call__(self, step: Any) -> Any:
        """The rate of the update after `step` updates."""
        update = ops.cast(step, "float32") + 1.0
        warm = ops.minimum(update / self.warmup_steps, 1.0)
        after = ops.maximum(update, float(self.warmup_steps))
        share = self.schedule.share(after, self.warmup_steps, ops.convert_to_tensor(self.done))
        return self.peak * warm * share * ops.convert_to_tensor(self.scale)

    def get_config(self) -> dict[str, Any]:
        """What Keras saves."""
        return {
            "schedule": self.schedule,
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "cooldown": self.cooldown,
        }


def cooldown_scale(done: float, cooldown: float) -> float:
    """Linear from 1 to 0 over the last `cooldown` of the training, of which the share `done` is over (Hägele
    et al. 2024, https://arxiv.org/abs/2405.18392, section 3).
    """
    return min(1.0, max(0.0, 1.0 - done) / cooldown) if cooldown else 1.0


def build_optimizer(
    config: TrainingConfig, weights: Sequence[Any]
) -> tuple[keras.optimizers.Optimizer, LearningRate]:
    """The optimizer of the configuration, with all that it remembers of the Keras variables `weights`, and
    its rate; to be called under the strategy's scope.
    """
    peak = config.schedule.peak(config.learning_rate, config.warmup_steps)
    rate = LearningRate(config.schedule, peak, config.warmup_steps, config.cooldown)
    with OPTIMIZERS.running(config.optimizer.name):
        optimizer = config.optimizer.build(rate, config.beta_2)
    # To shrink a bias or a norm's gain shifts what the layer means, and it overfits little.
    spared = [weight for weight in weights if len(weight.shape) < 2 or "bias" in weight.name]
    optimizer.exclude_from_weight_decay(var_list=spared)
    optimizer.build(weights)
    return optimizer, rate
