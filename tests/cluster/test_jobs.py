"""The Job that pushes toys says what `pipeline.steps.push.toys` understands; run here as its pod would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.rollout.drill.pusher import Order
from serving.versions import versions
from tests.cluster import jobs
from tests.cluster.replicas import MODEL

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What kubectl was given, instead of a cluster."""
    given_to_it: list[str] = []
    monkeypatch.setattr(jobs, "kubectl", lambda *_, given: given_to_it.append(given) or "")
    return given_to_it


def _run(created: list[str], root: Path, *more: str) -> Done:
    """The latest Job's container, on a model root of here, with an empty standard input as a pod's."""
    (container,) = json.loads(created[-1])["spec"]["template"]["spec"]["containers"]
    python, *command = container["command"]
    assert python == "python"
    at, model, *orders = container["args"]
    assert at in [mount["mountPath"] for mount in container["volumeMounts"]]
    return subprocess.run(
        [sys.executable, *command, str(root), model, *orders, *more],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        timeout=500,
        check=False,
    )


def test_the_job_pushes_what_was_ordered(created: list[str], tmp_path: Path) -> None:
    assert jobs.push("push-toys", Order(version=1), Order(version=2, failing=True)) == "push-toys"
    done = _run(created, tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(versions(tmp_path / MODEL)) == [1, 2]


def test_a_push_that_fails_says_why_at_the_end(created: list[str], tmp_path: Path) -> None:
    jobs.push("push-late", Order(version=1), Order(version=2, limit=10_000), Order(version=3))
    done = _run(created, tmp_path)
    assert done.returncode == 1
    assert "File too large" in done.stderr.strip().splitlines()[-1]
    assert list(versions(tmp_path / MODEL)) == [1]


def test_what_is_no_order_is_refused_before_a_push(created: list[str], tmp_path: Path) -> None:
    jobs.push("push-toys", Order(version=1))
    done = _run(created, tmp_path, '{"version": 2, "fails": true}')
    assert done.returncode == 1
    assert "is no order" in done.stderr.strip().splitlines()[-1]
    assert not (tmp_path / MODEL).exists()
