"""The schedule of the Transformer (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 3)."""

from __future__ import annotations

from typing import Any, Literal

from trainer.schedules.base import ScheduleConfig


class InverseSquareRoot(ScheduleConfig):
    """After the warm-up the rate falls with the inverse square root of the step."""

    name: Literal["inverse-square-root"] = "inverse-square-root"

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """sqrt(warm-up / update)."""
        from keras import ops

        del done
        return ops.sqrt(warmup_steps / update)
