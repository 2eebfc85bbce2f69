"""The training loop: token batches in, averaged weights out; killed at any step, it goes on from the last
checkpoint.

Our own loop and not `fit`, which refuses `MultiWorkerMirroredStrategy` and counts batches, not tokens.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from trainer.config import LIMITS, TrainingConfig
from trainer.data import TokenBatches
from trainer.errors import TrainerError
from trainer.models.base import Translator
from trainer.training.checkpoint import CheckpointFolder, NoCheckpoints
from trainer.training.evaluate import DevEvaluator
from trainer.training.machines import Machines
from trainer.training.progress import TrainingProgress
from trainer.training.schedule import InverseSquareRoot, cooldown_scale
from trainer.training.signals import stopping_on_sigterm
from trainer.training.step import TrainingStep

CHECKPOINTS = "checkpoints"
"""The part of a training's folder that only a training that goes on needs."""
_RECORD_EVERY_STEPS = 20


class Batch(NamedTuple):
    """A token batch and where it stands: `number` counts the batches of its epoch from 0."""

    epoch: int
    number: int
    source: tf.Tensor
    target: tf.Tensor


@dataclass
class Position:
    """All that training knows beside the weights; saved with them."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    """Batches of the epoch that are done."""
    seconds: float = 0.0
    evaluating: float = 0.0
    """Seconds of those that went into decoding the dev sentences."""
    tokens: int = 0
    """Source plus target tokens, padding excluded."""
    best_bleu: float = -1.0
    best_step: int = 0
    worse: int = 0
    """Evaluations since the best one."""
    finished: str = ""
    """Why training ended; empty while it goes on."""
    history: list[dict[str, float | str]] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves; the translator has the best averaged weights."""

    steps: int
    best_step: int
    best_bleu: float
    seconds: float
    tokens_per_second: float
    finished: str
    history: list[dict[str, float | str]]


class Training:
    """One training in one folder. `run` starts it, or goes on with what the folder holds."""

    def __init__(
        self,
        config: TrainingConfig,
        translator: Translator,
        batches: TokenBatches,
        evaluator: DevEvaluator,
        folder: Path,
        machines: Machines,
    ) -> None:
        """The translator must have been built under the scope of the machines' strategy."""
        self._config, self._translator, self._batches = config, translator, batches
        self._evaluator, self._folder, self._machines = evaluator, folder, machines
        self._checkpoints = (
            CheckpointFolder(folder / CHECKPOINTS, config.average_last) if machines.chief else NoCheckpoints()
        )
        with machines.strategy.scope():
            self._schedule = InverseSquareRoot(config.learning_rate, config.warmup_steps)
            self._optimizer = keras.optimizers.Adam(
                self._schedule,
                beta_1=0.9,
                beta_2=config.beta_2,
                epsilon=1e-9,
            )
            self._optimizer.build(translator.trainable_variables)
        self._step = TrainingStep(translator, self._optimizer, config, machines.strategy)
        self._position = Position()
        self._stopped = False

    def run(self) -> TrainingResult:
        """Train until a limit or the patience ends it.

        Raises:
            DataError: no usable sentence pair.
            TrainingDivergedError: the loss or a gradient is not finite.
            TrainerError: a SIGTERM came, and everything done so far is in the checkpoint; or the folder holds
                another training, or a damaged one.
        """
        opening = self._begin()
        board = self._board()
        if not self._position.finished:
            with board.as_default(), stopping_on_sigterm(self.stop):
                self._train(opening)
        board.close()
        self._take_best()
        position = self._position
        return TrainingResult(
            steps=position.step,
            best_step=position.best_step,
            best_bleu=position.best_bleu,
            seconds=position.seconds,
            tokens_per_second=position.tokens / max(position.seconds - position.evaluating, 1e-9),
            finished=position.finished,
            history=position.history,
        )

    def _begin(self) -> str:
        """Stand where the folder says, on all machines; returns what to tell of it."""
        opening = self._resume()
        self._machines.require_same(self._settings(), "configuration and vocabulary")
        self._position = Position(**json.loads(self._machines.text(json.dumps(vars(self._position)))))
        self._machines.equalize(self._variables())
        return opening or self._count()

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
            _assign(self._translator.trainable_variables, best[0])
        self._machines.equalize(self._translator.trainable_variables)

    def _train(self, opening: str) -> None:
        """Steps until something ends it; evaluations and checkpoints on the way."""
        config, position = self._config, self._position
        began, saved = time.monotonic() - position.seconds, time.monotonic()
        window: list[tuple[float, int, float]] = []
        batches = self._endless_batches()
        left = config.max_minutes * 60 - position.seconds if config.max_minutes else math.inf
        with TrainingProgress(config.max_steps, position.step, seconds=left) as progress:
            progress.say(opening)
            while not position.finished:
                taken = [next(batches) for _ in range(config.accumulate)]
                self._schedule.scale.assign(cooldown_scale(self._done(), config.cooldown))
                loss, norm = self._step.run([(batch.source, batch.target) for batch in taken])
                position.step += 1
                position.epoch, position.batch = taken[-1].epoch, taken[-1].number + 1
                tokens = sum(_count_tokens(batch) for batch in taken)
                position.seconds, stopping = self._machines.tick(
                    time.monotonic() - began, tokens, self._stopped
                )
                position.tokens += tokens
                window = [
                    *window[-(_RECORD_EVERY_STEPS - 1) :],
                    (position.seconds - position.evaluating, tokens, loss),
                ]
                rate = _rate(window)
                progress.step(position.step, loss, rate)
                limit = self._limit()
                if limit or position.step % _RECORD_EVERY_STEPS == 0:
                    self._record(float(np.mean([entry[2] for entry in window])), norm, rate)
                if limit or position.step % config.evaluate_every == 0:
                    self._evaluate(progress)
                    saved = time.monotonic()
                    position.evaluating += saved - began - position.seconds
                    position.seconds = self._machines.number(saved - began)  # What the cooldown goes by.
                    self._save()
                elif stopping or time.monotonic() - saved >= config.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
                if stopping:
                    raise TrainerError(
                        f"stopped by SIGTERM at step {position.step}: run again to go on from there"
                    )
            progress.say(f"ended at step {position.step}: {position.finished}")

    def _done(self) -> float:
        """The share of the training that is over, by the limit that comes first."""
        config, position = self._config, self._position
        minutes = position.seconds / (config.max_minutes * 60) if config.max_minutes else 0.0
        return max(position.step / config.max_steps, minutes)

    def _limit(self) -> str:
        """Which limit ends the training now, or nothing."""
        config, position = self._config, self._position
        if position.step >= config.max_steps:
            return f"max_steps {config.max_steps}"
        if config.max_minutes and position.seconds >= config.max_minutes * 60:
            return f"max_minutes {config.max_minutes:g}"
        return ""

    def _end(self) -> str:
        """Why the training ends now, or nothing; asked after an evaluation."""
        if limit := self._limit():
            return limit
        worse = self._position.worse
        return f"no better dev BLEU in {worse} evaluations" if worse >= self._config.patience else ""

    def _evaluate(self, progress: TrainingProgress) -> None:
        """Decode the dev sentences with the averaged weights, and keep them if they are the best."""
        position, variables = self._position, self._translator.trainable_variables
        current = [keras.ops.convert_to_numpy(variable) for variable in variables]
        averaged = self._checkpoints.add_snapshot(position.step, current)
        _assign(variables, averaged)
        bleu = self._machines.number(self._evaluator.bleu() if self._machines.chief else 0.0)
        loss = self._machines.number(self._evaluator.loss() if self._machines.chief else 0.0)
        _assign(variables, current)
        position.history.append(
            {
                "step": position.step,
                "epoch": position.epoch + 1,
                "seconds": round(position.seconds, 1),
                "dev_bleu": bleu,
                "dev_bleu_signature": self._evaluator.signature,
                "dev_loss": round(loss, 5),
            }
        )
        tf.summary.scalar("dev_bleu", bleu, step=position.step)
        tf.summary.scalar("dev_loss", loss, step=position.step)
        tf.summary.text("dev_bleu_signature", self._evaluator.signature, step=position.step)
        improved = bleu > position.best_bleu
        if improved:
            position.best_bleu, position.best_step, position.worse = bleu, position.step, 0
            facts = {
                "step": position.step,
                "dev_bleu": bleu,
                "dev_bleu_signature": self._evaluator.signature,
            }
            self._checkpoints.save_best(averaged, facts)
        elif position.step == position.best_step:
            position.worse = 0  # Done again after a kill between `save_best` and `save_state`.
        else:
            position.worse += 1
        position.finished = self._end()
        progress.say(
            f"step {position.step}  epoch {position.epoch + 1}  dev BLEU {bleu:.2f}"
            + (
                "  best so far"
                if improved
                else f"  (best {position.best_bleu:.2f} at step {position.best_step})"
            )
        )

    def _record(self, loss: float, norm: float, rate: float) -> None:
        position = self._position
        learning_rate = float(keras.ops.convert_to_numpy(self._optimizer.learning_rate))
        position.history.append(
            {
                "step": position.step,
                "epoch": position.epoch + 1,
                "seconds": round(position.seconds, 1),
                "loss": round(loss, 5),
                "gradient_norm": round(norm, 5),
                "learning_rate": learning_rate,
                "tokens_per_second": round(rate, 1),
            }
        )
        tf.summary.scalar("loss", loss, step=position.step)
        tf.summary.scalar("gradient_norm", norm, step=position.step)
        tf.summary.scalar("learning_rate", learning_rate, step=position.step)
        tf.summary.scalar("tokens_per_second", rate, step=position.step)

    def _endless_batches(self) -> Iterator[Batch]:
        """The batches from the position on, epoch after epoch."""
        epoch, skip = self._position.epoch, self._position.batch
        while True:
            index = skip
            for source, target in self._batches.epoch(epoch, skip=skip):
                yield Batch(epoch, index, source, target)
                index += 1
            if not index:
                self._batches.count()  # Raises, and says why there is none.
            epoch, skip = epoch + 1, 0

    def _variables(self) -> Sequence[Any]:
        """Everything that a resumed training needs: weights, seeds of the dropout, moments of the
        optimizer.
        """
        return [*self._translator.variables, *self._optimizer.variables]

    def _save(self) -> None:
        if not self._machines.chief:
            return
        arrays = [keras.ops.convert_to_numpy(variable) for variable in self._variables()]
        self._checkpoints.save_state(arrays, {"settings": self._settings(), "position": vars(self._position)})
        _write_json(self._folder / "history.json", self._position.history)

    def _count(self) -> str:
        """How many pairs there are, in words."""
        used, left_out = self._batches.count()
        return (
            f"training on {used:,} sentence pairs"
            + f", {left_out:,} left out (empty, or over {self._config.max_length} pieces)" * bool(left_out)
        )

    def _resume(self) -> str:
        """Go on with what the folder holds, and say so; nothing when it is empty."""
        state = self._checkpoints.load_state()
        if state is None:
            return ""
        if state[1].get("settings") != self._settings():
            raise TrainerError(
                f"{self._folder} holds a training with another model, vocabulary or other settings: "
                "give another folder, or delete this one"
            )
        _assign(self._variables(), state[0])
        position = self._position = Position(**state[1]["position"])
        if best := self._checkpoints.load_best():
            # A kill may have come after the best weights were saved and before the state that knows of them.
            position.best_bleu, position.best_step = best[1]["dev_bleu"], best[1]["step"]
        if position.finished and not self._end():
            position.finished = ""  # A limit was raised since.
        return f"resuming at step {position.step} (epoch {position.epoch + 1})"

    def _settings(self) -> str:
        """A digest of what must stay the same for a training to go on; the limits may change."""
        vocabulary = self._batches.vocabulary
        parts = [
            self._translator.config.model_dump_json(),
            self._config.model_dump_json(exclude=set(LIMITS)),
            str(self._machines.strategy.num_replicas_in_sync),
        ]
        digest = hashlib.sha256("\n".join(parts).encode())
        for model in (vocabulary.source_model, vocabulary.target_model):
            digest.update(hashlib.sha256(model).digest())
        return digest.hexdigest()

    def stop(self) -> None:
        """Ask the loop to save and leave after the step in progress."""
        self._stopped = True


def _assign(variables: Sequence[Any], arrays: Sequence[np.ndarray]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _count_tokens(batch: Batch) -> int:
    """Pieces of both sides; the target's `BOS` is not predicted and does not count."""
    return int(np.count_nonzero(batch.source) + np.count_nonzero(batch.target[:, 1:]))


def _rate(window: Sequence[tuple[float, int, float]]) -> float:
    """Tokens per second over the last steps."""
    if len(window) < 2:
        return 0.0
    return sum(entry[1] for entry in window[1:]) / max(window[-1][0] - window[0][0], 1e-9)


def _write_json(path: Path, value: Any) -> None:
    temporary = path.with_suffix(".writing")
    temporary.write_text(json.dumps(value))
    os.replace(temporary, path)
