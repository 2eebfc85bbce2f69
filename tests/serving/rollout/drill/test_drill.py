"""The drill itself, shortened, and that it sees what it is there to see."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

import serving.rollout.drill
from dragoman.commands import drill as command
from serving.rollout import Rollout
from serving.rollout.drill import Drill, DrillRow
from serving.rollout.drill import scene as scene_module
from serving.rollout.drill import traffic as traffic_module
from serving.rollout.drill.fleet import DrillError, Serves
from serving.rollout.drill.scene import Scene
from serving.rollout.drill.steps import STEPS
from serving.rollout.drill.traffic import Traffic
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
        "import sys; from pathlib import Path; from serving.rollout.drill.volume import volume\n"
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


def _clients(monkeypatch: pytest.MonkeyPatch, translate: Callable[[list[str]], object]) -> None:
    """All clients from now on translate like this."""
    client = nullcontext(SimpleNamespace(translate=translate))
    monkeypatch.setattr(traffic_module, "Client", lambda *_, **__: client)


def test_clients_count_whatever_they_stumble_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter(range(100_000))

    def stumble(_: list[str]) -> object:
        raise RuntimeError(f"stumbled {next(asked)}")

    _clients(monkeypatch, stumble)
    with Traffic("nobody:1", "m", threads=1) as traffic:
        for _ in range(5):
            traffic.flow()
    requests, failed = traffic.counts()
    assert 10 <= requests == failed
    assert traffic.errors == [f"RuntimeError: stumbled {number}" for number in range(5)]
    assert traffic.last_error == f"RuntimeError: stumbled {failed - 1}"


def test_a_drill_without_an_answer_has_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    _clients(monkeypatch, lambda _: gate.wait())
    monkeypatch.setattr(traffic_module, "_STARVED", 0.1)
    with Traffic("nobody:1", "m", threads=1) as traffic:
        try:
            with pytest.raises(DrillError, match="no request has ended"):
                traffic.flow()
        finally:
            gate.set()


def test_a_command_that_does_not_end_is_a_step_gone_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_module, "_COMMAND", 0.01)
    nobody = SimpleNamespace(addresses=[], root=tmp_path)
    scene = Scene(nobody, nobody, nobody, nobody, tmp_path, within=1.0)
    with pytest.raises(DrillError, match=r"promote toy 2 has not ended in 0\.01 s"):
        scene.dragoman("promote", "toy", 2)
    endless = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(endless, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        with pytest.raises(DrillError, match="promote 3 has not ended"):
            scene.finished(process, 3)
        process.kill()


@pytest.mark.parametrize("trouble", ["a request failed", "a step went wrong", "none"])
def test_the_exit_code_tells_what_went_wrong(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    failed = int(trouble == "a request failed")
    problem = "the replicas do not agree" if trouble == "a step went wrong" else ""
    error = "the error of this step" * failed
    row = DrillRow("promote", 1.0, 100, failed, {"a:1": Serves((1, 2), 2, None)}, "in 0.50 s", problem, error)

    class Played(Drill):
        def run(self, _tell: object = None) -> Iterator[DrillRow]:
            self.errors = ["the first error", "an old error"] * failed
            yield row

    monkeypatch.setattr(serving.rollout.drill, "Drill", Played)
    app = typer.Typer()
    command.register(app)
    ended = CliRunner().invoke(app, [])
    assert ended.exit_code == (0 if trouble == "none" else 1)
    if failed:
        assert f"a failed request: {error}" in ended.output
        assert "the first: the first error" in ended.output
