"""What learning-rate schedules have in common.

A training's rate rises linearly to its peak `training.learning_rate` over `training.warmup_steps`, and falls
linearly to 0 over the last share `training.cooldown`; what it does in between is a schedule's. A schedule is
a file in this folder, or in a folder `schedules` of the user's: `training.schedule: inverse-square-root` is
`inverse_square_root.py`. It defines one subclass of `ScheduleConfig`, whose keys are the schedule's own. The
file is loaded where a configuration is checked, so it imports Keras in its functions.
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

    name: str = "inverse-square-root"

    def share(self, update: Any, warmup_steps: int, done: Any) -> Any:
        """Which share of the peak the rate of an update is, in `keras.ops`; 1 at the end of the warm-up.

        Args:
            update: its number, from `warmup_steps` (at least 1) on; a float32 scalar.
            done: the share of the training that is over, by the limit that comes first; 0 to 1, a float32
                scalar. Where a limit is raised it falls back.
        """
        raise NotImplementedError
