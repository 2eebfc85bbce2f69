"""Adam with decoupled weight decay (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm
2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainer.optimizers.base import OptimizerConfig

if TYPE_CHECKING:
    import keras


class AdamW(OptimizerConfig):
    """Adam, and the weights shrink by themselves, not through the gradient."""

    takes_beta_2: ClassVar[bool] = True

    name: Literal["adamw"] = "adamw"
    weight_decay: float = Field(
        0.01, gt=0, lt=1, description="share of each matrix lost in a step, times the learning rate"
    )
    beta_1: float = Field(0.9, ge=0, lt=1, description="decay of the mean of the gradients")
    epsilon: float = Field(1e-9, gt=0, description="added to the root of the mean of their squares")

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """theta - eta (m / (sqrt(v) + epsilon) + weight_decay theta)."""
        import keras

        return keras.optimizers.AdamW(
            rate,
            weight_decay=self.weight_decay,
            beta_1=self.beta_1,
            beta_2=beta_2,
            epsilon=self.epsilon,
        )
