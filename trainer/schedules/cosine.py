"""Half a wave of a cosine (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5, without
restarts).
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field

from trainer.schedules.base import ScheduleConfig, way_since_warmup


class Cosine(ScheduleConfig):
    """The rate falls slowly, then fast, then slowly to `floor` at the end of the training."""

    name: Literal["cosine"] = "cosine"
    floor: float = Field(0.0, ge=0, lt=1, description="share of the peak that is left at the end")

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """floor + (1 - floor) (1 + cos(pi p)) / 2, p the way from the warm-up to the end."""
        from keras import ops

        way = way_since_warmup(update, warmup_steps, done)
        return self.floor + (1.0 - self.floor) * (1.0 + ops.cos(math.pi * way)) / 2.0
