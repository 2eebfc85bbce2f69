"""A power of the way that is left ("poly": Chen et al. 2017, https://arxiv.org/abs/1606.00915, 4.1.2),
with power 1 the linear decay of BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, appendix A.2).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from trainer.schedules.base import ScheduleConfig, way_since_warmup


class Polynomial(ScheduleConfig):
    """The rate falls to `floor` at the end of the training, in a line where `power` is 1."""

    name: Literal["polynomial"] = "polynomial"
    power: float = Field(1.0, gt=0, description="1: a line; more: steep at first")
    floor: float = Field(0.0, ge=0, lt=1, description="share of the peak that is left at the end")

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """floor + (1 - floor) (1 - p)^power, p the way from the warm-up to the end."""
        way = way_since_warmup(update, warmup_steps, done)
        return self.floor + (1.0 - self.floor) * (1.0 - way) ** self.power
