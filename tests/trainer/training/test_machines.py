"""Two machines, as two processes: they compute what one does, and the loss of one never leaves the other
waiting."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.conftest import Pairs
from trainer.config import TrainingConfig
from trainer.data import read_examples
from trainer.errors import ConfigurationError, DataError
from trainer.models.transformer import TransformerConfig
from trainer.training import train
from trainer.training.checkpoint import read_arrays
from trainer.training.task import TrainingTask, train_apart
from trainer.vocabulary import Vocabulary

SILENCE_SECONDS = 30
ENDS_WITHIN_SECONDS = 2 * SILENCE_SECONDS + 60
"""After the loss of a machine; docs/engines.md states twice the silence, and leaving takes its time here."""
pytestmark = pytest.mark.timeout(1800)

Make = Callable[..., TrainingTask]


@pytest.fixture
def task(
    vocabulary: Vocabulary,
    pairs: Pairs,
    tiny: TransformerConfig,
    settings: Callable[..., TrainingConfig],
    tmp_path: Path,
) -> Make:
    """A task in a folder of `tmp_path`; any key of the training may be given."""
    vocabulary.save(tmp_path / "vocabulary")
    examples = tmp_path / "examples.gz"
    with tf.io.TFRecordWriter(str(examples), "GZIP") as writer:
        for row in pairs[:60]:
            sides = zip(("source", "target"), row, strict=True)
            features = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
                for name, text in sides
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())

    def made(folder: str, **training: Any) -> TrainingTask:
        return TrainingTask(
            model=tiny,
            training=settings(
                strategy=training.pop("strategy", "multi_worker"),
                machines={"silence_seconds": SILENCE_SECONDS, **training.pop("machines", {})},
                **training,
            ),
            vocabulary=tmp_path / "vocabulary",
            train_files=(examples,),
            dev_files=(examples,),
            folder=tmp_path / folder,
            tokenize="13a",
        )

    return made


class Member:
    """One machine: a training process, its standard error in a file."""

    def __init__(self, task: TrainingTask, machines: list[str], index: int, log: Path) -> None:
        place = {"cluster": {"worker": machines}, "task": {"type": "worker", "index": index}}
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "TF_CONFIG": json.dumps(place),
            "TF_USE_LEGACY_KERAS": "0",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self._log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "trainer.training.task"],
                env=environment,
                stdin=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdin
        self.process.stdin.write(task.model_dump_json() + "\n")
        self.process.stdin.flush()

    def said(self) -> str:
        return self._log.read_text()

    def end(self, seconds: float = 900) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., list[Member]]]:
    """Starts a machine for each task, on free ports; what still runs in the end is killed."""
    members: list[Member] = []

    def started(*tasks: TrainingTask, absent: int = 0) -> list[Member]:
        with ExitStack() as stack:
            holders = [stack.enter_context(socket.socket()) for _ in range(len(tasks) + absent)]
            for holder in holders:
                holder.bind(("127.0.0.1", 0))
            machines = [f"127.0.0.1:{holder.getsockname()[1]}" for holder in holders]
        new = [
            Member(task, machines, index, tmp_path / f"log-{len(members) + index}")
            for index, task in enumerate(tasks)
        ]
        members.extend(new)
        return new

    yield started
    for member in members:
        member.process.kill()
        member.process.wait()


def test_two_machines_equal_one_and_only_the_chief_writes(
    task: Make, start: Callable[..., list[Member]], vocabulary: Vocabulary
) -> None:
    chief, worker = start(
        task("chief", max_steps=8, evaluate_every=4), task("worker", max_steps=8, evaluate_every=4)
    )
    alone = task("alone", strategy="one", max_steps=8, evaluate_every=4)
    examples = read_examples(alone.train_files)
    _, expected = train(alone.model, alone.training, vocabulary, examples, examples, alone.folder)
    assert (chief.end(), worker.end()) == (0, 0), chief.said() + worker.said()
    folder = task("chief").folder
    history = json.loads((folder / "history.json").read_text())
    assert [row["step"] for row in history] == [row["step"] for row in expected.history]
    losses, wanted = ([row["loss"] for row in rows if "loss" in row] for rows in (history, expected.history))
    assert losses == pytest.approx(wanted, rel=1e-4)
    (weights, _), (best, _) = (
        read_arrays(path / "checkpoints" / "best.npz") for path in (folder, alone.folder)
    )
    for ours, theirs in zip(weights, best, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
    assert not task("worker").folder.exists()


def test_a_machine_lost_ends_the_other_with_a_reason_and_all_go_on_from_the_checkpoint(
    task: Make, start: Callable[..., list[Member]]
) -> None:
    endless = {"max_steps": 1_000_000, "evaluate_every": 1_000_000, "checkpoint_seconds": 1e-6}
    chief, worker = start(task("chief", **endless), task("worker", **endless))
    state = task("chief").folder / "checkpoints" / "state.npz"
    while not state.exists():
        assert chief.process.poll() is None, chief.said()
        assert worker.process.poll() is None, worker.said()
        time.sleep(0.2)
    worker.process.kill()
    assert chief.end(ENDS_WITHIN_SECONDS) == 1
    assert '"TrainerError", "message": "the training on 2 machines broke off' in chief.said()
    assert "start all again to go on from the last checkpoint" in chief.said()

    step = read_arrays(state)[1]["position"]["step"]
    again = {**endless, "max_steps": step + 2}
    chief, worker = start(task("chief", **again), task("worker", **again))
    assert (chief.end(), worker.end()) == (0, 0), chief.said() + worker.said()
    assert f"resuming at step {step} " in chief.said()
    assert json.loads((state.parents[1] / "history.json").read_text())[-1]["step"] == step + 2


def test_a_machine_that_never_comes_is_waited_for_no_longer_than_said(
    task: Make, start: Callable[..., list[Member]]
) -> None:
    (chief,) = start(task("chief", machines={"join_minutes": 0.05}), absent=1)
    assert chief.end(120) == -signal.SIGKILL
    assert "waited 0.05 minutes, and not all of 127.0.0.1:" in chief.said()


def test_the_reason_of_a_training_apart_is_raised_here(
    task: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ConfigurationError, match="TF_CONFIG is not set"):
        train_apart(task("apart"))
    missing = task("apart").model_copy(update={"vocabulary": tmp_path / "nowhere"})
    with pytest.raises(DataError, match="nowhere is not a vocabulary"):
        train_apart(missing)
