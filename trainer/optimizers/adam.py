"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1), with the constants of Vaswani et
al. 2017 (https://arxiv.org/abs/1706.03762, section 5.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from trainer.optimizers.base import OptimizerConfig

if TYPE_CHECKING:
    import keras


class Adam(OptimizerConfig):
    """The mean of the gradients over the root of the mean of their squares, both unbiased."""

    takes_beta_2: ClassVar[bool] = True

    name: Literal["adam"] = "adam"
    beta_1: float = Field(0.9, ge=0, lt=1, description="decay of the mean of the gradients")
    epsilon: float = Field(1e-9, gt=0, description="added to the root of the mean of their squares")

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """theta - eta m / (sqrt(v) + epsilon)."""
        import keras

        return keras.optimizers.Adam(rate, beta_1=self.beta_1, beta_2=beta_2, epsilon=self.epsilon)
