"""A server with a version on trial."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.rollout import Rollout
from tests.serving.fake_server import FakeServer, push


def rollout(server: FakeServer) -> Rollout:
    return Rollout(server.root, [server.address], timeout=30)


@contextmanager
def server_with_canary(root: Path) -> Iterator[FakeServer]:
    """1 was stable, 2 is, 3 is canary."""
    for version in (1, 2, 3):
        push(root, version)
    running = FakeServer(root)
    rollout(running).promote("m", 1)
    rollout(running).promote("m", 2)
    rollout(running).canary("m", 3)
    yield running
    running.stop()
