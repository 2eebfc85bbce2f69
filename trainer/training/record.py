"""Loss, gradient norm, learning rate and speed: a bar for people, and now and then a line in the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import tensorflow as tf

from trainer.training.hooks import Course, Moment
from trainer.training.position import Position

_EVERY_STEPS = 20


class _Entry(NamedTuple):
    """A step that the next record looks back on."""

    seconds: float
    """When it ended, the time of evaluations not counted."""
    tokens: int
    loss: float


class TrainingRecord:
    """Shows every step, and writes down the mean of the last ones every twentieth."""

    def __init__(self, course: Course, learning_rate: Callable[[], float]) -> None:
        self._course, self._learning_rate = course, learning_rate
        self._window: list[_Entry] = []

    def after_step(self, moment: Moment) -> None:
        """The mean loss and the speed are of the last twenty steps of this process."""
        position = self._course.position
        entry = _Entry(position.seconds - position.evaluating, moment.tokens, moment.loss)
        self._window = [*self._window[-(_EVERY_STEPS - 1) :], entry]
        speed = _speed(self._window)
        self._course.progress.step(position.step, moment.loss, speed)
        if moment.limit or position.step % _EVERY_STEPS == 0:
            record(
                position,
                {
                    "loss": round(fmean(entry.loss for entry in self._window), 5),
                    "gradient_norm": round(moment.gradient_norm, 5),
                    "learning_rate": self._learning_rate(),
                    "tokens_per_second": round(speed, 1),
                },
            )


def record(position: Position, values: Mapping[str, float | str]) -> None:
    """Into the history and into TensorBoard's files: curves of the numbers, and the texts."""
    position.note(values)
    for name, value in values.items():
        write = tf.summary.text if isinstance(value, str) else tf.summary.scalar
        write(name, value, step=position.step)


def _speed(window: Sequence[_Entry]) -> float:
    """Tokens per second over the last steps."""
    if len(window) < 2:
        return 0.0
    return sum(entry.tokens for entry in window[1:]) / max(window[-1].seconds - window[0].seconds, 1e-9)
