"""One real run for all end-to-end tests: the embedded corpus, a tiny model, half a minute of training."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.webhook import Hook

ROOT = Path(__file__).parents[2]


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """The configuration of a run in `folder`."""
    return {
        "name": "e2e",
        "languages": {"source": "en", "target": "de"},
        "corpora": [{"format": "embedded", "pairs": 3000}],
        "vocabulary": {"size": 800},
        "model": {
            "preset": "tiny",
            "encoder_layers": 1,
            "decoder_layers": 1,
            "width": 64,
            "feed_forward": 128,
        },
        "training": {
            "max_steps": 300,
            "warmup_steps": 60,
            "learning_rate": 0.005,
            "batch_tokens": 1536,
            "evaluate_every": 150,
            "evaluate_sentences": 50,
            "average_last": 1,
        },
        "search": {"beams": 1, "max_target_length": 40, "max_source_length": 64},
        "evaluation": {"bleu_floor": 0.5, "bootstrap_samples": 100},
        "workspace": str(folder / "runs"),
        "push": {"model_root": str(folder / "models")},
        **changes,
    }


@dataclass(frozen=True)
class FinishedRun:
    """A run that pushed its model, with what is needed to go on from there."""

    folder: Path
    config: Path
    result: dict[str, Any]
    said: str
    """On standard error."""
    posted: list[dict[str, Any]]
    """To its webhook."""

    def changed(self, folder: Path, **changes: Any) -> Path:
        """The same run, in the same workspace, with sections changed or added to and a model root in
        `folder`."""
        values = settings(self.folder)
        for section, change in changes.items():
            values[section] = {**values.get(section, {}), **change}
        if not (folder / "models").exists():
            shutil.copytree(self.model_root, folder / "models")
        values["push"] = {"model_root": str(folder / "models")}
        return write(folder, values)

    @property
    def model_root(self) -> Path:
        """With version 1 in it, and no models.config."""
        return self.folder / "models"

    @property
    def version(self) -> Path:
        """The pushed SavedModel."""
        return Path(self.result["pushed"])

    def artifacts(self, component: str, output: str) -> list[Path]:
        """Folders of an output, oldest first."""
        folders = (self.folder / "runs" / "e2e" / "artifacts" / component / output).iterdir()
        return sorted(folders, key=lambda path: int(path.name))


Dragoman = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def dragoman() -> Dragoman:
    """Run the command line in a process of its own; fails on an unexpected exit code."""

    def run(*arguments: str | Path, code: int = 0, timeout: float = 500) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "dragoman", *map(str, arguments)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
        )
        assert done.returncode == code, f"exit code {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    return run


def write(folder: Path, values: dict[str, Any], name: str = "run.yaml") -> Path:
    """The configuration as a file."""
    path = folder / name
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, dragoman: Dragoman) -> FinishedRun:
    """A run that has passed its gate and pushed version 1, made once for all of pytest's workers. Do not
    change its model root: copy it. Only `test_run.py` goes on in its workspace.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "e2e"
    finished = shared / "e2e.json"
    with (shared / "e2e.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            folder.mkdir(exist_ok=True)
            config = write(folder, settings(folder))
            with Hook() as hook:
                done = dragoman("run", config, "--json", "--set", f"notify.url={hook.url}")
            finished.write_text(json.dumps([json.loads(done.stdout), done.stderr, hook.bodies]))
    return FinishedRun(folder, folder / "run.yaml", *json.loads(finished.read_text()))
