"""Training on several machines: how those that do not run the pipeline learn what there is to train.

The chief's Trainer leaves the task in the workspace, which all machines see, for as long as it trains.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.cluster import read_cluster
from trainer.config import TrainingConfig
from trainer.errors import TrainerError

if TYPE_CHECKING:
    from pipeline.workspace import Workspace
    from trainer.training.task import TrainingTask

_LOOK_EVERY_SECONDS = 1.0


def _task_file(checkpoints: Path) -> Path:
    return checkpoints / "training-task.json"


def train_as_chief(task: TrainingTask, checkpoints: Path, translator: Path) -> None:
    """Train with the others, who find the task in `checkpoints`; the result goes to `translator`.

    Raises:
        DragomanError: as `train`, or a machine was lost.
    """
    from trainer.training.task import train_apart

    file = _task_file(checkpoints)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".writing")
    temporary.write_text(task.model_dump_json())
    os.replace(temporary, file)
    try:
        train_apart(task, translator)
    finally:
        file.unlink(missing_ok=True)


def train_as_worker(training: TrainingConfig, workspace: Workspace) -> None:
    """Wait for the chief's task, and take part in it.

    Raises:
        TrainerError: there was none in time, it is not this program's, or the training broke off.
    """
    from trainer.training.task import TrainingTask, train_apart

    file, cluster = _task_file(workspace.checkpoints), read_cluster()
    print(f"machine {cluster.index + 1} of {len(cluster.machines)}: waiting for {file}", file=sys.stderr)
    deadline = time.monotonic() + training.machines.wait_minutes * 60
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            text = file.read_text()
            try:
                task = TrainingTask.model_validate_json(text)
            except ValueError:
                raise TrainerError(
                    f"{file} was written by another version: give all machines the same"
                ) from None
            train_apart(task)
            return
        time.sleep(_LOOK_EVERY_SECONDS)
    raise TrainerError(
        f"the chief ({cluster.machines[0]}) began no training within {training.machines.wait_minutes:g} "
        "minutes: look at its log (what was trained before is not trained again), or raise "
        "training.machines.wait_minutes"
    )
