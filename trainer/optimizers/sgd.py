"""Stochastic gradient descent, also with momentum (Sutskever et al. 2013,
https://proceedings.mlr.press/v28/sutskever13.html, equations 1 to 4); the first translators were trained by
it (Sutskever et al. 2014, https://arxiv.org/abs/1409.3215, section 3.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from trainer.optimizers.base import OptimizerConfig

if TYPE_CHECKING:
    import keras


class SGD(OptimizerConfig):
    """The gradient itself; its learning rate is some hundred times Adam's."""

    usual_rate: ClassVar[float | None] = 0.2

    name: Literal["sgd"] = "sgd"
    momentum: float = Field(0.0, ge=0, lt=1, description="share of the last update in the next one")
    nesterov: bool = Field(False, description="the gradient where the momentum leads; needs momentum")

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov looks ahead along the momentum: give momentum, as 0.9, beside it")
        return self

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """theta + v with v = momentum v - eta g."""
        import keras

        del beta_2
        return keras.optimizers.SGD(rate, momentum=self.momentum, nesterov=self.nesterov)
