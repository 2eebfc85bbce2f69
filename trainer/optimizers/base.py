"""What optimizers have in common.

An optimizer is a file in this folder, or in a folder `optimizers` of the user's: `training.optimizer: adamw`
is `adamw.py`. It defines one subclass of `OptimizerConfig`, whose keys are the optimizer's own, and which
builds one of Keras's. The file is loaded where a configuration is checked, so it imports Keras in its
functions.

Notation: theta the weights, g their gradient, eta the learning rate of the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from contracts.kinds import Kind
from contracts.sections import Chosen

if TYPE_CHECKING:
    import keras

OPTIMIZERS = Kind("optimizer", "trainer.optimizers")


class OptimizerConfig(Chosen):
    """How a gradient becomes an update; `name` alone may stand for the section."""

    kind: ClassVar[Kind] = OPTIMIZERS
    word: ClassVar[str] = "name"
    default: ClassVar[str] = "adam"
    defines: ClassVar[tuple[str, ...]] = ("build",)
    takes_beta_2: ClassVar[bool] = False
    """Whether `training.beta_2`, the decay of a mean of squared gradients, means something to it."""

    usual_rate: ClassVar[float | None] = None
    """Peak of the learning rate where the training names none; None: the training's default, which is Adam's.
    """

    name: str = "adam"

    def build(self, rate: Any, beta_2: float) -> keras.optimizers.Optimizer:
        """An optimizer of Keras's, not yet built for weights.

        Args:
            rate: what Keras asks for the rate of a step (`keras.optimizers.schedules.LearningRateSchedule`).
            beta_2: `training.beta_2`.

        Weight decay leaves vectors (gains of norms) and biases alone; whoever builds it for weights sees
        to it.
        """
        raise NotImplementedError
