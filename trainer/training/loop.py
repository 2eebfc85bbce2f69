"""The training loop: batches in, averaged weights out; killed at any step, it goes on from the last
checkpoint. What is done beside the steps are hooks (`trainer.training.hooks`).

Our own loop and not `fit`, which refuses `MultiWorkerMirroredStrategy` and counts batches, not tokens.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from trainer.errors import DataError, TrainerError
from trainer.models.base import Translator
from trainer.objectives.base import Advancing, Objective
from trainer.training.checkpoint import CHECKPOINTS, CheckpointFolder, NoCheckpoints, assign
from trainer.training.ending import limit_reached, reason_to_end, share_done
from trainer.training.evaluate import DevEvaluation
from trainer.training.hooks import Course, Hook, Moment
from trainer.training.learning_rate import build_optimizer
from trainer.training.machines import Machines
from trainer.training.moving_average import MovingAverage
from trainer.training.position import HistoryLine, Position
from trainer.training.progress import TrainingProgress
from trainer.training.record import TrainingRecord
from trainer.training.settings import TrainingSettings
from trainer.training.signals import stopping_on_sigterm
from trainer.training.state import Checkpoint, TrainingState
from trainer.training.step import TrainingStep
from trainer.training.stop import Stop


class Batch(NamedTuple):
    """A batch and where it stands: `number` counts the batches of its epoch from 0."""

    epoch: int
    number: int
    content: Any


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves; the translator has the best averaged weights."""

    steps: int
    best_step: int
    best: float
    """The dev measure at that step."""
    seconds: float
    tokens_per_second: float
    finished: str
    history: list[HistoryLine]


class Training:
    """One training in one folder. `run` starts it, or goes on with what the folder holds."""

    def __init__(
        self,
        settings: TrainingSettings,
        translator: Translator,
        objective: Objective,
        folder: Path,
        machines: Machines,
    ) -> None:
        """The translator must have been built under the scope of the machines' strategy."""
        self._settings, self._config = settings, settings.training
        self._objective, self._folder, self._machines = objective, folder, machines
        self._checkpoints = (
            CheckpointFolder(folder / CHECKPOINTS, self._config.average_last)
            if machines.chief
            else NoCheckpoints()
        )
        self._weights = translator.trainable_variables
        with machines.strategy.scope():
            self._optimizer, self._rate = build_optimizer(self._config, self._weights)
            self._averages = MovingAverage(self._weights, self._config.ema) if self._config.ema else None
        self._step = TrainingStep(
            objective, self._weights, self._optimizer, self._config, machines.strategy, self._averages
        )
        averages = self._averages.variables if self._averages else ()
        self._variables = [*translator.variables, *self._optimizer.variables, *averages]
        self._state = TrainingState(folder, self._checkpoints, self._variables, settings)

    def run(self, notes: Sequence[str] = ()) -> TrainingResult:
        """Train until a limit or the patience ends it.

        Args:
            notes: lines that are said where it begins, and not where it goes on.

        Raises:
            DataError: nothing to learn from.
            TrainingDivergedError: the loss or a gradient is not finite.
            TrainerError: a SIGTERM came, and everything done so far is in the checkpoint; or the folder holds
                another training, or a damaged one.
        """
        position, opening = self._begin(notes)
        if not position.finished:
            self._train(position, opening)
        self._take_best()
        assert position.best is not None
        return TrainingResult(
            steps=position.step,
            best_step=position.best_step,
            best=position.best,
            seconds=position.seconds,
            tokens_per_second=position.tokens / max(position.seconds - position.evaluating, 1e-9),
            finished=position.finished,
            history=position.history,
        )

    def _begin(self, notes: Sequence[str]) -> tuple[Position, list[str]]:
        """Stand where the folder says, on all machines; also what to tell of it."""
        machines, measure = self._machines, self._objective.measure
        resumed = self._state.resume(measure.key)
        if resumed and resumed.finished and not reason_to_end(self._config, resumed, measure):
            resumed.finished = ""  # A limit was raised since.
        same = json.dumps(self._settings.saved(), sort_keys=True)
        machines.require_same(same, "configuration and vocabulary")
        here = resumed or Position()
        position = Position.of(json.loads(machines.text(json.dumps(vars(here)))))
        machines.equalize(self._variables)
        if resumed:
            return position, [f"resuming at step {position.step} (epoch {position.epoch + 1})"]
        return position, [self._objective.describe(), *notes]

    def _train(self, position: Position, opening: Sequence[str]) -> None:
        """Steps with all hooks around them."""
        config = self._config
        left = config.max_minutes * 60 - position.seconds if config.max_minutes else math.inf
        with (
            contextlib.closing(self._board()) as board,
            board.as_default(),
            TrainingProgress(config.max_steps, position.step, seconds=left) as progress,
        ):
            for line in opening:
                progress.say(line)
            course = Course(config, self._machines, position, progress, time.monotonic() - position.seconds)
            stop = Stop(course)
            hooks: tuple[Hook, ...] = (
                TrainingRecord(course, self._learning_rate),
                DevEvaluation(course, self._objective, self._weights, self._checkpoints, self._averages),
                Checkpoint(course, self._state),
                stop,
            )
            with stopping_on_sigterm(stop.ask):
                self._take_steps(course, hooks, stop)
            progress.say(f"ended at step {position.step}: {position.finished}")

    def _take_steps(self, course: Course, hooks: Sequence[Hook], stop: Stop) -> None:
        """Until something ends it; after each step the hooks in their order."""
        config, position = self._config, course.position
        batches = _endless_batches(self._objective, position)
        while not position.finished:
            taken = [next(batches) for _ in range(config.accumulate)]
            self._rate.advance(share_done(config, position))
            if isinstance(self._objective, Advancing):
                self._objective.advance(position.step)
            loss, norm = self._step.run([batch.content for batch in taken])
            position.step += 1
            position.epoch, position.batch = taken[-1].epoch, taken[-1].number + 1
            tokens = sum(self._objective.count_tokens(batch.content) for batch in taken)
            position.seconds, stopping = self._machines.tick(course.seconds, tokens, stop.asked)
            position.tokens += tokens
            moment = Moment(loss, norm, tokens, limit_reached(config, position), stopping)
            for hook in hooks:
                hook.after_step(moment)

    def _learning_rate(self) -> float:
        return float(keras.ops.convert_to_numpy(self._optimizer.learning_rate))

    def _board(self) -> tf.summary.SummaryWriter:
        if not self._machines.chief:
            return tf.summary.create_noop_writer()
        return tf.summary.create_file_writer(str(self._folder / "tensorboard"))

    def _take_best(self) -> None:
        """The best averaged weights, on all machines."""
        if self._machines.chief:
            best = self._checkpoints.load_best()
            if best is None:
                raise TrainerError(
                    f"{self._folder} says that training is finished, but best.npz is missing: "
                    "delete the folder"
                )
            assign(self._weights, best[0])
        self._machines.equalize(self._weights)


def _endless_batches(objective: Objective, position: Position) -> Iterator[Batch]:
    """The batches from the position on, epoch after epoch."""
    epoch, skip = position.epoch, position.batch
    while True:
        index = skip
        for content in objective.epoch(epoch, skip=skip):
            yield Batch(epoch, index, content)
            index += 1
        if not index:
            objective.describe()  # It knows why there is none.
            raise DataError("an epoch has no batch: look at training.batch_tokens and at the training data")
        epoch, skip = epoch + 1, 0
