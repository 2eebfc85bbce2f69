"""Lion (Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainer.optimizers.base import OptimizerConfig

if TYPE_CHECKING:
    import keras


class Lion(OptimizerConfig):
    """Every weight moves by the learning rate, up or down; its rate is 3 to 10 times below Adam's."""

    usual_rate: ClassVar[float | None] = 2e-4

    name: Literal["lion"] = "lion"
    beta_1: float = Field(0.9, gt=0, lt=1, description="share of the mean in what the direction goes by")
    momentum_decay: float = Field(0.99, ge=0, lt=1, description="beta_2 of the paper: decay of the mean")
    weight_decay: float = Field(
        0.0, ge=0, lt=1, description="share of each matrix lost in a step, times the learning rate"
    )

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """theta - eta (sign(beta_1 m + (1 - beta_1) g) + weight_decay theta)."""
        import keras

        del beta_2
        return keras.optimizers.Lion(
            rate,
            beta_1=self.beta_1,
            beta_2=self.momentum_decay,
            weight_decay=self.weight_decay or None,
        )
