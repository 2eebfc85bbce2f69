"""What a training goes on from: its state among the checkpoints, saved now and then."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from contracts.files import replace_text
from trainer.errors import TrainerError
from trainer.training.checkpoint import CheckpointFolder, assign
from trainer.training.hooks import Course, Moment
from trainer.training.position import HISTORY, Position
from trainer.training.settings import TrainingSettings


class TrainingState:
    """Variables and position of a training in its folder."""

    def __init__(
        self,
        folder: Path,
        checkpoints: CheckpointFolder,
        variables: Sequence[Any],
        settings: TrainingSettings,
    ) -> None:
        """`variables`: all that a resumed training needs, in an order that stays the same for ever: weights,
        seeds of the dropout, moments of the optimizer, moving averages.
        """
        self._folder, self._checkpoints = folder, checkpoints
        self._variables, self._settings = variables, settings

    def save(self, position: Position) -> None:
        """Replace the state, and the history that people read."""
        arrays = [keras.ops.convert_to_numpy(variable) for variable in self._variables]
        meta = {"settings": self._settings.saved(), "position": vars(position)}
        self._checkpoints.save_state(arrays, meta)
        replace_text(self._folder / HISTORY, json.dumps(position.history))

    def resume(self, measure_key: str) -> Position | None:
        """Assign what was saved and return where it stands; nothing was saved: None.

        Args:
            measure_key: of the dev measure among the facts of the best weights.

        Raises:
            TrainerError: the folder holds another training, or a damaged one.
        """
        state = self._checkpoints.load_state()
        if state is None:
            return None
        arrays, meta = state
        if differences := self._settings.differences(meta.get("settings", "")):
            raise TrainerError(
                f"{self._folder} holds a training with another model, vocabulary or other settings: "
                f"give another folder, or delete this one ({'; '.join(differences)})"
            )
        assign(self._variables, arrays)
        position = Position.of(meta["position"])
        if best := self._checkpoints.load_best():
            # A kill may have come after the best weights were saved and before the state that knows of them.
            position.best, position.best_step = best[1][measure_key], best[1]["step"]
        return position


class Checkpoint:
    """The hook that saves: every `checkpoint_seconds`, after each evaluation, and before a stop."""

    def __init__(self, course: Course, state: TrainingState) -> None:
        self._course, self._state = course, state
        self._saved = time.monotonic()

    def after_step(self, moment: Moment) -> None:
        """Save, if it is time; on the chief alone."""
        course, waited = self._course, time.monotonic() - self._saved
        if moment.evaluated or moment.stopping or waited >= course.config.checkpoint_seconds:
            if course.machines.chief:
                self._state.save(course.position)
            self._saved = time.monotonic()
