"""What learning-rate schedules have in common.

A training's rate rises linearly to its peak over `training.warmup_steps`, and falls linearly to 0 over the
last share `training.cooldown`; what it does in between is a schedule's. The peak is `training.learning_rate`,
but a schedule may have one of its own. A schedule is a file in this folder, or in a folder `schedules` of the
user's: `training.schedule: inverse-square-root` is `inverse_square_root.py`. It defines one subclass of
`ScheduleConfig`, whose keys are the schedule's own. The file is loaded where a configuration is checked, so
it imports Keras in its functions.
"""

from __future__ import annotations

from typing import Any, ClassVar

from contracts.kinds import Kind
from contracts.sections import Chosen

SCHEDULES = Kind("schedule", "trainer.schedules")


class ScheduleConfig(Chosen):
    """How the learning rate goes on after its warm-up; `name` alone may stand for the section."""

    kind: ClassVar[Kind] = SCHEDULES
    word: ClassVar[str] = "name"
    default: ClassVar[str] = "inverse-square-root"
    defines: ClassVar[tuple[str, ...]] = ("share",)
    own_peak: ClassVar[bool] = False
    """Whether `peak` knows the peak without `training.learning_rate`."""

    name: str = "inverse-square-root"

    def peak(self, learning_rate: float, warmup_steps: int) -> float:
        """The rate at the end of the warm-up."""
        del warmup_steps
        return learning_rate

    def misfit(self, width: int) -> str | None:
        """Why it does not fit a model of width D, and the cure; None: it does."""
        del width
        return None

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """Which share of the peak the rate of an update is, in `keras.ops`; 1 at the end of the warm-up.

        Args:
            update: its number, from `warmup_steps` (at least 1) on; a float32 scalar.
            done: the share of the training that is over, by the limit that comes first; 0 to 1, a float32
                scalar. Where a limit is raised it falls back.
        """
        raise NotImplementedError


def way_since_warmup(update: Any, warmup_steps: int, done: Any) -> Any:
    """How far an update is on the way from the end of the warm-up, 0, to that of the training, 1.

    Args as of `ScheduleConfig.share`. The training is as long as `done` makes it: `taken / done` steps, which
    under a limit in minutes is an estimate that gets better.
    """
    from keras import ops

    taken = update - 1.0
    # (taken - w) / (taken / done - w), with no division by a `done` of 0.
    left = ops.maximum(taken - done * warmup_steps, 1e-6)
    return ops.clip(done * (taken - warmup_steps) / left, 0.0, 1.0)
