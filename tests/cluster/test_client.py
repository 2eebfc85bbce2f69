"""The stock client counts as failed what is, and nothing that the documented retries mend."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from serving.rollout import Rollout
from tests.serving.fake_server import FakeServer, push

SCRIPT = Path(__file__).parent / "client" / "ask.py"
Lines = Iterator[dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    """One that serves a version 1."""
    push(tmp_path, 1)
    Rollout(tmp_path).promote("m", 1)
    running = FakeServer(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def lines(server: FakeServer) -> Iterator[Lines]:
    """What a client says of it."""
    command = [sys.executable, "-W", "ignore", str(SCRIPT), server.address, "m"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        yield map(json.loads, client.stdout)
        client.kill()


def test_a_reload_is_tried_at_every_address(server: FakeServer) -> None:
    """Here nobody refuses it: the guard does (tests/k8s/test_guard.py)."""
    host, _, port = server.address.rpartition(":")
    command = [sys.executable, "-W", "ignore", str(SCRIPT.with_name("reload.py")), host, port]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {f"127.0.0.1:{port}": "UNIMPLEMENTED"}


def _first(lines: Lines, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return next(line for line in lines if holds(line))


def test_retries_mend_what_passes(server: FakeServer, lines: Lines) -> None:
    """All that docs/serving.md names."""
    not_loaded = "Servable not found for request: Specific(m, 1)"
    for code, saying in (
        (grpc.StatusCode.UNAVAILABLE, "starting"),
        (grpc.StatusCode.CANCELLED, "leaving"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "no thread"),
        (grpc.StatusCode.NOT_FOUND, not_loaded),
    ):
        server.away, server.saying, server.unavailable = code, saying, 40
        before = server.answered[1]
        seen = _first(lines, lambda _: server.unavailable == 0 and server.answered[1] > before + 40)  # noqa: B023
    assert seen["failed"] == 0
    assert list(seen["last"]) == ["1"]


def test_a_failure_is_counted_and_told(server: FakeServer, lines: Lines) -> None:
    assert _first(lines, lambda line: line["requests"])["failed"] == 0
    server.failing.add(1)
    seen = _first(lines, lambda line: line["failed"])
    assert seen["errors"][0] == "INTERNAL: the graph is broken"


def test_an_answer_to_something_else_is_a_failure(server: FakeServer, lines: Lines) -> None:
    """The toys say which version they are and what they were asked; this server does not."""
    push(server.root, 2)
    Rollout(server.root, [server.address]).promote("m", 2)
    assert "was answered by" in _first(lines, lambda line: line["failed"])["errors"][0]


def test_a_canary_that_fails_costs_no_answer(server: FakeServer, lines: Lines) -> None:
    push(server.root, 2)
    server.failing.add(2)
    Rollout(server.root, [server.address]).canary("m", 2)
    before = server.answered[1]
    assert _first(lines, lambda _: server.answered[1] > before + 200)["failed"] == 0
