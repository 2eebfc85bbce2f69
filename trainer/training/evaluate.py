"""The dev measure of the averaged weights, the best of which are kept, and the end that it may bring."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from trainer.objectives.base import Objective
from trainer.training.checkpoint import CheckpointFolder, assign
from trainer.training.ending import reason_to_end
from trainer.training.hooks import Course, Moment
from trainer.training.moving_average import MovingAverage
from trainer.training.position import BEST, MEASURE, NOUN, HistoryLine
from trainer.training.record import record


class DevEvaluation:
    """Measures every `evaluate_every` steps, and where a limit ends the training."""

    def __init__(
        self,
        course: Course,
        objective: Objective,
        weights: Sequence[Any],
        checkpoints: CheckpointFolder,
        averages: MovingAverage | None = None,
    ) -> None:
        """`weights`: the Keras variables that are trained; `averages`: theirs, measured in their place."""
        self._course, self._objective = course, objective
        self._weights, self._checkpoints = weights, checkpoints
        self._measured = weights if averages is None else averages.variables

    def after_step(self, moment: Moment) -> None:
        """Measure, if it is time."""
        course, position = self._course, self._course.position
        if not moment.limit and position.step % course.config.evaluate_every:
            return
        before = position.seconds
        averaged, measured = self._measure()
        record(position, measured)
        improved = self._compare(averaged, measured)
        measure = self._objective.measure
        position.history[-1] |= {MEASURE: measure.key, NOUN: measure.noun, BEST: float(improved)}
        position.finished = reason_to_end(course.config, position, self._objective.measure)
        self._say(measured, improved)
        position.seconds = course.machines.number(course.seconds)  # What the cooldown goes by.
        position.evaluating += position.seconds - before
        moment.evaluated = True

    def _measure(self) -> tuple[list[np.ndarray], HistoryLine]:
        """The averaged weights, and what the chief found with them; the weights go on as they were."""
        machines = self._course.machines
        current, measured = (
            [keras.ops.convert_to_numpy(variable) for variable in variables]
            for variables in (self._weights, self._measured)
        )
        averaged = self._checkpoints.add_snapshot(self._course.position.step, measured)
        assign(self._weights, averaged)
        values = self._objective.evaluate() if machines.chief else {}
        plain = {key: value if isinstance(value, str) else float(value) for key, value in values.items()}
        shared: HistoryLine = json.loads(machines.text(json.dumps(plain)))
        assign(self._weights, current)
        return averaged, shared

    def _compare(self, averaged: Sequence[np.ndarray], measured: HistoryLine) -> bool:
        """Keep the weights if they are the best, which is returned."""
        position, measure = self._course.position, self._objective.measure
        value = float(measured[measure.key])
        if measure.is_better(value, position.best):
            position.best, position.best_step, position.worse = value, position.step, 0
            self._checkpoints.save_best(averaged, {"step": position.step, **measured})
            return True
        if position.step == position.best_step:
            position.worse = 0  # Done again after a kill between `save_best` and `save_state`.
        else:
            position.worse += 1
        return False

    def _say(self, measured: HistoryLine, improved: bool) -> None:
        position, measure = self._course.position, self._objective.measure
        text = f"step {position.step}  epoch {position.epoch + 1}  "
        text += measure.in_words(float(measured[measure.key]))
        if improved:
            text += "  best so far"
        elif position.best is not None:
            text += f"  (best {measure.shown(position.best)} at step {position.best_step})"
        self._course.progress.say(text)
