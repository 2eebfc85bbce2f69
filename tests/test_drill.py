"""The drill itself, shortened, and that it sees what it is there to see."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import dragoman.drill
from dragoman.commands import drill as command
from dragoman.drill import Drill, Row
from dragoman.drill.fleet import Serves
from dragoman.drill.steps import STEPS
from dragoman.drill.traffic import Traffic
from serving.rollout import Rollout
from tests.serving.conftest import dragoman as run_dragoman
from tests.serving.fake_server import FakeServer, push


@pytest.mark.timeout(1500)
def test_a_short_drill_goes_through_with_no_failed_request() -> None:
    # How long a rollback takes is measured on a quiet machine, not here.
    done = run_dragoman(
        "drill", "--replicas", 2, "--threads", 4, "--within", 120, "--json", timeout=1400
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["passed"]
    assert [step["step"] for step in report["steps"]] == [step.title for step in STEPS]
    for step in report["steps"]:
        assert step["requests"] > 0
        assert (step["failed"], step["problem"]) == (0, "")
        first, second = step["serves"].values()
        assert first == second
    last = next(iter(report["steps"][-1]["serves"].values()))
    assert (last["stable"], last["canary"]) == (7, None)


def test_the_volume_goes_with_the_drill_also_where_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dragoman.drill.volume import volume\n"
        "with volume(Path(sys.argv[1])) as made: print(made.is_small, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        small = process.stdout.readline().strip() == b"True"
        seen = str(tmp_path) in Path(f"/proc/{process.pid}/mounts").read_text()
        process.kill()
    if not small:
        pytest.skip("a tmpfs cannot be mounted here")
    assert seen
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def test_clients_count_what_fails_and_what_is_answered_wrongly(tmp_path: Path) -> None:
    push(tmp_path, 1)
    server = FakeServer(tmp_path)
    try:
        Rollout(tmp_path, [server.address], timeout=30).promote("m", 1)
        # This server shouts back, as no version of the drill's does.
        with Traffic(server.address, "m", threads=2) as traffic:
            traffic.flow()
            shouted, failed = traffic.counts()
            assert 0 < shouted == failed
            assert "SENTENCE" in traffic.errors[0]
    finally:
        server.stop()


@pytest.mark.parametrize("trouble", ["a request failed", "a step went wrong", "none"])
def test_the_exit_code_tells_what_went_wrong(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    failed = int(trouble == "a request failed")
    problem = "the replicas do not agree" if trouble == "a step went wrong" else ""
    row = Row("promote", 1.0, 100, failed, {"a:1": Serves((1, 2), 2, None)}, "in 0.50 s", problem)

    class Played(Drill):
        def run(self, _told: object = None) -> Iterator[Row]:
            self.errors = ["the first error"] * failed
            yield row

    monkeypatch.setattr(dragoman.drill, "Drill", Played)
    app = typer.Typer()
    command.register(app)
    ended = CliRunner().invoke(app, [])
    assert ended.exit_code == (0 if trouble == "none" else 1)
