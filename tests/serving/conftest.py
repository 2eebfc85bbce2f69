"""An embedded server on a model root of toys, and the command line against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.launch import LaunchOptions, RunningServer, launch
from serving.rollout import Rollout
from tests.serving.fake_server import FakeServer, push

REPOSITORY = Path(__file__).resolve().parents[2]
VERSIONS = (1, 2, 3)


@dataclass(frozen=True)
class Live:
    """A running server, and where its models are."""

    root: Path
    server: RunningServer
    templates: Path

    @property
    def address(self) -> str:
        return self.server.address

    def rollout(self, timeout: float = 60.0) -> Rollout:
        return Rollout(self.root, [self.address], timeout)

    def push(self, model: str, versions: Sequence[int] = VERSIONS) -> None:
        """The toys' versions 1, 2 and 3, made visible by one rename each."""
        for version in versions:
            folder = self.root / model
            shutil.copytree(self.templates / str(version), folder / f".pushing-{version}")
            os.rename(folder / f".pushing-{version}", folder / str(version))


def dragoman(
    *arguments: object, stdin: bytes = b"", environment: dict[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "dragoman", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=timeout,
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "80", **(environment or {})},
        check=False,
    )


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    from tests.serving.toy_translator import push

    templates = tmp_path_factory.mktemp("templates")
    for version in VERSIONS:
        push(templates, version)
    root = tmp_path_factory.mktemp("models")
    shutil.copytree(templates / "1", root / "first" / "1")
    Rollout(root).promote("first")
    with launch(root, backend="embedded", options=LaunchOptions(poll_seconds=1)) as server:
        yield Live(root, server, templates)


@pytest.fixture
def model(live: Live) -> str:
    """A model of the test's own with three versions on disk, of which 1 is stable."""
    name = f"m{uuid.uuid4().hex[:8]}"
    live.push(name)
    live.rollout().promote(name, 1)
    return name


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    """On a model root with the versions 1, 2 and 3 of `m`, none of them listed."""
    for version in VERSIONS:
        push(tmp_path, version)
    running = FakeServer(tmp_path)
    yield running
    running.stop()
