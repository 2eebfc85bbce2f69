"""`dragoman prune` from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.workspace.workspace import Workspace
from serving.rollout import Rollout
from tests.pipeline.runs.test_runner import run
from tests.pipeline.schedule.test_versions import on_disk, pushed
from tests.serving.conftest import dragoman

Prune = Callable[..., tuple[str, str]]


@pytest.fixture
def prune(tmp_path: Path) -> Prune:
    """The command on a run `m` in the test's folder; standard output and standard error."""
    config = tmp_path / "run.yaml"
    values = {
        "name": "m",
        "languages": {"source": "en", "target": "de"},
        "corpora": [{"format": "embedded"}],
        "workspace": str(tmp_path / "runs"),
        "push": {"model_root": str(tmp_path / "models")},
    }
    config.write_text(yaml.safe_dump(values))

    def prune(*options: str, code: int = 0) -> tuple[str, str]:
        done = dragoman("prune", config, *options, timeout=300)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode(), done.stderr.decode()

    return prune


def test_a_rehearsal_says_what_goes_and_then_it_goes(prune: Prune, tmp_path: Path) -> None:
    root, models = tmp_path / "runs" / "m", tmp_path / "models"
    old, new = run(root, number="1"), run(root, number="2")
    pushed(models, 1, 2, 3)
    Rollout(models).promote("m", 2)
    both = ["--set", "retention={versions: 1, runs: 1}"]
    document, said = prune(*both, "--dry-run", "--json")
    planned = json.loads(document)
    doomed = {old["Make"].outputs["made"], old["Double"].outputs["doubled"]}
    assert set(map(Path, planned.pop("artifacts"))) == doomed
    size = planned.pop("bytes")
    assert planned == {"retired": [1], "kept": {}, "dry_run": True}
    assert said.splitlines() == [
        "version 1 of m would be retired",
        f"2 artifacts of old runs would be removed ({size:,} bytes)",
    ]
    assert on_disk(models) == [1, 2, 3]
    assert all(folder.is_dir() for folder in doomed)
    assert prune(*both) == (
        "",
        f"version 1 of m was retired\n2 artifacts of old runs were removed ({size:,} bytes)\n",
    )
    assert on_disk(models) == [2, 3]
    assert not any(folder.exists() for folder in doomed)
    assert (new["Double"].outputs["doubled"] / "number").read_text() == "4"
    assert prune("--set", "retention.versions=1") == ("", "nothing to remove\n")


def test_without_retention_there_is_nothing_to_do_and_that_is_an_error(prune: Prune) -> None:
    assert "retention: set `versions` or `runs`" in prune(code=3)[1]


def test_what_a_stalled_run_was_about_to_push_goes(prune: Prune, tmp_path: Path) -> None:
    pushed(tmp_path / "models", 1)
    staged = tmp_path / "models" / "m" / ".pushing-stalled-1"
    staged.mkdir()
    lease = tmp_path / "runs" / "m" / ".lease"
    lease.mkdir(parents=True)
    left = {"token": "stalled", "host": "far", "place": "", "pid": 1, "born": "1", "expiry": 0.1}
    (lease / "1").write_text(json.dumps(left))
    os.utime(lease / "1", (0, 0))
    prune("--set", "retention.versions=1")
    assert not staged.exists()


def test_not_while_a_run_uses_the_workspace(prune: Prune, tmp_path: Path) -> None:
    models = tmp_path / "models"
    pushed(models, 1, 2)
    with Workspace(tmp_path / "runs" / "m").locked():
        assert "another run (process" in prune("--set", "retention.versions=1", code=10)[1]
        assert on_disk(models) == [1, 2]
