"""The schedule of the Transformer as its paper writes it, with the peak that follows from the model's width
(Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, equation 3).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from trainer.schedules.base import ScheduleConfig


class Noam(ScheduleConfig):
    """factor x width^-0.5 x min(step^-0.5, step x warmup_steps^-1.5); `learning_rate` is left out."""

    own_peak: ClassVar[bool] = True

    name: Literal["noam"] = "noam"
    width: int = Field(512, ge=1, description="D, `model.width`; a wider model learns more slowly")
    factor: float = Field(1.0, gt=0, description="the paper has 1, others 2")

    def peak(self, learning_rate: float, warmup_steps: int) -> float:
        """factor / sqrt(width x warm-up)."""
        del learning_rate
        return self.factor * (self.width * warmup_steps) ** -0.5

    def misfit(self, width: int) -> str | None:
        """Its peak goes by the width."""
        if self.width == width:
            return None
        return (
            f"training.schedule.width is {self.width}, and the model has width {width}, by which noam's peak "
            f"goes: give width: {width} (factor makes the peak higher or lower)"
        )

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """sqrt(warm-up / update)."""
        from keras import ops

        del done
        return ops.sqrt(warmup_steps / update)
