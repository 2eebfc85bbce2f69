"""A training in a process of its own, which TensorFlow's collectives demand: they cannot be set up where
TensorFlow has run before, and a machine that is lost leaves them unusable.

The task comes as one line of JSON on standard input; when that ends, so does this process, so that no
training outlives the run it belongs to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from pydantic import Field

from contracts.errors import DragomanError, as_json, from_json
from trainer.config import Section, TrainingConfig
from trainer.errors import TrainerError
from trainer.models.base import AnyArchitecture
from trainer.training.signals import stopping_on_sigterm


class TrainingTask(Section):
    """What `train` is given, by the names of files that all machines see."""

    model: AnyArchitecture
    training: TrainingConfig
    vocabulary: Path
    train_files: tuple[Path, ...]
    dev_files: tuple[Path, ...]
    folder: Path
    tokenize: str
    weights: dict[str, float] = Field(default_factory=dict)
    directions: dict[str, float] | None = None
    """As `read_examples` takes them."""


def train_apart(task: TrainingTask, translator: Path | None = None) -> None:
    """Train in another process; the chief's stores the result in the folder `translator`.

    What the process says goes to standard error, save its error, which comes as one line of JSON.

    Raises:
        DragomanError: as `train`, or the process was killed.
    """
    command = [sys.executable, "-m", "trainer.training.task", *([str(translator)] if translator else [])]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "NONE", "PYTHONWARNINGS": "ignore"}
    environment = {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(sys.path), "TF_USE_LEGACY_KERAS": "0"}
    last = ""
    error: DragomanError | None = None
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin
        assert process.stderr
        with stopping_on_sigterm(process.terminate):
            process.stdin.write(task.model_dump_json() + "\n")
            for line in process.stderr:
                if named := from_json(line):
                    error = named
                    continue
                sys.stderr.write(line)
                last = line.strip() or last
            process.wait()
    if process.returncode:
        raise error or _unnamed(last, process.returncode)


def _unnamed(line: str, code: int) -> TrainerError:
    """The error of a process that named none; `line`: what it said last."""
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"
    return TrainerError(
        f"the training process {how} ({line or 'it said nothing'}): "
        "start again to go on from the last checkpoint"
    )


def _leave_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """The process: train, and where a folder is given store the translator there."""
    task = TrainingTask.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    from trainer.data import read_examples
    from trainer.store import save_translator
    from trainer.training.machines import gather
    from trainer.training.train import train
    from trainer.vocabulary import Vocabulary

    code = 0
    try:
        vocabulary = Vocabulary.load(task.vocabulary)
        machines = gather(task.training, as_json)
        translator, _ = train(
            task.model,
            task.training,
            vocabulary,
            read_examples(task.train_files, task.weights, task.directions),
            read_examples(task.dev_files, directions=None if task.directions is None else {}),
            task.folder,
            bleu_tokenize=task.tokenize,
            machines=machines,
        )
        if len(sys.argv) > 1:
            save_translator(translator, vocabulary, Path(sys.argv[1]))
    except DragomanError as error:
        code = 1
        print(as_json(error), file=sys.stderr)
    sys.stderr.flush()
    # TensorFlow's own end would wait for machines that may be gone.
    os._exit(code)


if __name__ == "__main__":
    main()
