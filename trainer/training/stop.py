"""A wish to stop is granted after the step in progress, when everything is saved."""

from __future__ import annotations

from trainer.errors import TrainerError
from trainer.training.hooks import Course, Moment


class Stop:
    """The last of the hooks: leaves where this machine or another one was asked to stop."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self.asked = False

    def ask(self) -> None:
        """Of this machine; the others hear of it with the next step."""
        self.asked = True

    def after_step(self, moment: Moment) -> None:
        """Raises TrainerError where it is time to leave."""
        if moment.stopping:
            raise TrainerError(
                f"stopped by SIGTERM at step {self._course.position.step}: run again to go on from there"
            )
