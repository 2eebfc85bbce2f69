"""Adafactor (Shazeer and Stern 2018, https://arxiv.org/abs/1804.04235, algorithms 4 and 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainer.optimizers.base import OptimizerConfig

if TYPE_CHECKING:
    import keras


class Adafactor(OptimizerConfig):
    """Second moments by row and column means; a matrix is changed by a share of its own size.

    The learning rate is such a share, at most 1 / sqrt(step): 0.01, the paper's, suits most.
    """

    usual_rate: ClassVar[float | None] = 0.01

    name: Literal["adafactor"] = "adafactor"
    decay: float = Field(
        0.8, gt=0, le=1, description="the mean of squares of step t forgets all but 1 - t^-decay"
    )
    clip: float = Field(1.0, gt=0, description="root mean square of an update at most")
    smallest: float = Field(
        1e-3, gt=0, description="size that a matrix or vector is taken to have at least, so that zeros move"
    )

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """theta - max(smallest, rms(theta)) min(eta, 1 / sqrt(t)) u / max(1, rms(u) / clip), u = g /
        sqrt(v).
        """
        import keras

        del beta_2
        return keras.optimizers.Adafactor(
            rate, beta_2_decay=-self.decay, epsilon_2=self.smallest, clip_threshold=self.clip
        )
