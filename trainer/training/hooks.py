"""What is done beside the steps of a training: each job is a hook, which the loop calls after every step.

On several machines every machine calls the same hooks, in the same order, after the same steps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from trainer.config import TrainingConfig
from trainer.training.machines import Machines
from trainer.training.position import Position
from trainer.training.progress import TrainingProgress


@dataclass
class Moment:
    """What has just happened, for the hooks."""

    loss: float
    """Of the step, per label, in nats."""
    gradient_norm: float
    """Global, before clipping."""
    tokens: int
    """Of the step."""
    limit: str
    """Which limit ends the training now, or nothing."""
    stopping: bool
    """Whether a machine was asked to stop."""
    evaluated: bool = False
    """Whether the dev sentences have been measured now, which must not be lost."""


class Hook(Protocol):
    """A job beside the steps."""

    def after_step(self, moment: Moment) -> None:
        """Called when the step at which the training stands is done, and its position is up to date."""
        ...


@dataclass(frozen=True)
class Course:
    """A training under way, as its hooks know it."""

    config: TrainingConfig
    machines: Machines
    position: Position
    progress: TrainingProgress
    began: float
    """When it would have begun without interruption, on the clock of `time.monotonic`."""

    @property
    def seconds(self) -> float:
        """Of training until now, on this machine's clock."""
        return time.monotonic() - self.began
