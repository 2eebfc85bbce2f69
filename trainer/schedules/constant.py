"""A rate that stays: with a cooldown, the warm-up, plateau and decay of Hägele et al. 2024
(https://arxiv.org/abs/2405.18392, section 3).
"""

from __future__ import annotations

from typing import Any, Literal

from trainer.schedules.base import ScheduleConfig


class Constant(ScheduleConfig):
    """After the warm-up the rate is the peak; `training.cooldown` may end it."""

    name: Literal["constant"] = "constant"

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """1."""
        from keras import ops

        del warmup_steps, done
        return ops.ones_like(update)
