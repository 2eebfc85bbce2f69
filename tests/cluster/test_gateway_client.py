"""The gateway's client counts as failed what is, and nothing that passes: through a gateway of here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import traffic
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import label, model_server, started

SCRIPT = Path(__file__).parent / "client" / "ask_gateway.py"
Lines = Iterator[dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    """Version 1 is stable and answers as it likes, 2 is the canary and says who it is, as the toys do."""
    running = model_server(tmp_path)
    running.translate[2] = lambda source: f"v2:{source}"
    yield running
    running.stop()


@pytest.fixture
def lines(server: FakeServer, tmp_path: Path) -> Iterator[Lines]:
    """What a client says of a gateway with the drill's settings."""
    models = [{"name": "m", "source": "en", "targets": ["de"]}]
    with started(tmp_path / "gateway", address=server.address, models=models) as gateway:
        command = [sys.executable, "-W", "ignore", str(SCRIPT), f"{gateway.url}/translate", "en", "de"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            yield map(json.loads, client.stdout)
            client.kill()


def _first(lines: Lines, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return next(line for line in lines if holds(line))


def test_it_counts_what_is_answered_by_which_version_and_what_is_not(
    server: FakeServer, lines: Lines
) -> None:
    seen = _first(lines, lambda line: "1" in line["last"] and server.answered[2])
    assert seen["failed"] == 0
    label(server.root, 2, 1)  # a promotion
    seen = _first(lines, lambda line: "2" in line["last"])
    assert seen["failed"] == 0, seen["errors"]
    server.translate[2] = str.upper  # answers to something else
    seen = _first(lines, lambda line: line["failed"])
    assert "of version 2" in seen["errors"][0]


def test_a_canary_that_fails_costs_no_answer_and_stable_does(server: FakeServer, lines: Lines) -> None:
    server.failing.add(2)
    assert _first(lines, lambda _: server.asked[2] > 1)["failed"] == 0
    server.failing.add(1)
    assert _first(lines, lambda line: line["failed"])["errors"][0].startswith("500: ")


def test_the_table_has_both_clients_together() -> None:
    client = {"requests": 3, "failed": 1, "errors": ["INTERNAL: broken"], "last": {"1": 5.0, "2": 7.0}}
    other = {"requests": 4, "failed": 0, "errors": [], "last": {"2": 6.0, "3": 1.0}}
    seen = traffic.together({"client": client, "gateway-client": other})
    assert (seen.requests, seen.failed, seen.errors) == (7, 1, ("client: INTERNAL: broken",))
    assert seen.last == {1: 5.0, 2: 7.0, 3: 1.0}
