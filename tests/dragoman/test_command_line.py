"""What holds for every command: streams that are full or closed, names that are none, help that flows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from dragoman.commands.doctor import doctor
from dragoman.doctor import Finding
from tests.serving.conftest import REPOSITORY, dragoman
from tests.serving.fake_server import push

COMMAND = f"{sys.executable} -m dragoman"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, shell=True, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def test_results_that_cannot_be_written_are_an_error_in_one_line(tmp_path: Path) -> None:
    push(tmp_path, 1)
    for command in ("versions", "versions --json"):
        done = shell(f"{COMMAND} {command} {tmp_path} --replica 127.0.0.1:1 > /dev/full")
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert "No space left on device" in line


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(tmp_path: Path, closed: str) -> None:
    push(tmp_path, 1)
    done = shell(f"{COMMAND} versions {tmp_path} --json --replica 127.0.0.1:1 {closed}")
    assert done.returncode == 0
    assert done.stderr == ""


def test_closed_input_is_empty(tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "saved_model.pb").touch()
    done = shell(f"{COMMAND} translate --model-root {tmp_path} --json <&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_an_error_keeps_its_code_where_nobody_can_be_told(tmp_path: Path) -> None:
    refused = f"{COMMAND} promote m 1 --offline --model-root {tmp_path}"
    assert shell(refused).returncode == 8
    assert shell(f"{refused} > /dev/full 2> /dev/full").returncode == 8


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("promote", "m", "1", "--replica", ""), 2, b"no --replica is named"),
        (("promote", "m", "1", "--replica", "\udcff:1"), 2, b"is no address"),
        (("translate", "--model", "\udcff", "a"), 2, b"it is no UTF-8"),
        (("translate", "--model", "m", "--address", "", "a"), 2, b"is no address: give HOST:PORT"),
        (("translate", "--model", "m", "--address", "http://127.0.0.1:8500", "a"), 2, b"(no http://;"),
        (("translate", "--model", "m", "--address", "127.0.0.1", "a"), 2, b"give HOST:PORT"),
        (("promote", "m", "1", "--replica", "dns:///models.ns"), 2, b"give HOST:PORT"),
        (("canary", "m", "none", "--offline"), 8, b"m has no canary: nothing to take away"),
        (("promote", "\udcff", "1", "--offline"), 8, b"is no model's name"),
    ],
)
def test_a_name_that_is_none_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: bytes
) -> None:
    done = dragoman(*arguments, "--model-root", tmp_path)
    assert done.returncode == code
    assert said in b" ".join(done.stderr.split())
    assert b"Traceback" not in done.stderr


def test_no_replica_at_all_is_not_taken_for_offline(tmp_path: Path) -> None:
    push(tmp_path, 1)
    blank = {"DRAGOMAN_REPLICAS": " "}
    done = dragoman("promote", "m", "1", "--model-root", tmp_path, environment=blank)
    assert done.returncode == 2
    assert not (tmp_path / "models.config").exists()
    assert dragoman("versions", tmp_path, "--json", environment=blank).returncode == 0


def test_a_reason_that_is_no_utf_8_holds_nothing_up(tmp_path: Path) -> None:
    push(tmp_path, 1)
    done = dragoman("promote", "m", "1", "--offline", "--model-root", tmp_path, "--reason", "Gr\udcfcn")
    assert done.returncode == 0, done.stderr
    [change] = json.loads(dragoman("versions", tmp_path, "--history", "--json").stdout)
    assert change["why"] == "Gr?n"


def test_help_breaks_lines_where_the_terminal_does() -> None:
    wide = dragoman("run", "--help", environment={"COLUMNS": "1000"}).stdout.decode()
    [paragraph] = [line for line in wide.splitlines() if "What an earlier run has done" in line]
    assert "another run is using the workspace." in paragraph


def test_a_dry_run_says_what_is_trained_and_what_the_gate_asks(tmp_path: Path) -> None:
    config = REPOSITORY / "examples" / "embedded.yaml"
    done = dragoman("run", config, "--dry-run", "--set", f"workspace={tmp_path}")
    lines = done.stdout.decode().splitlines()
    assert "trains 2+2 layers of width 128 for at most 2,500 steps, 1,024 tokens each" in lines
    assert "initial weights: fresh" in lines
    assert "gate: BLEU (13a) of 65 at least, and at most 3 below the version that serves" in lines
    assert list(tmp_path.iterdir()) == []


def test_a_model_root_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    for option in ("--json", "--history"):
        done = dragoman("versions", tmp_path / "nosuch", option)
        assert (done.returncode, done.stdout) == (1, b"")
        assert f"no folder {tmp_path / 'nosuch'}" in done.stderr.decode()
    assert dragoman("versions", tmp_path).returncode == 0


def test_a_model_root_is_named_whole_with_its_option(tmp_path: Path) -> None:
    relative = os.path.relpath(tmp_path / "nosuch", REPOSITORY)
    done = dragoman("rollback", "m", "--offline", "--model-root", relative)
    assert done.returncode == 8
    assert f"{REPOSITORY / relative} (--model-root)" in done.stderr.decode()


def test_doctor_gives_cures_that_can_be_copied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = Finding("tensorflow", "missing", "pip install '.[server]' in Dragoman's checkout", "serving")
    monkeypatch.setattr("dragoman.doctor.examine", lambda _folder: [missing])
    with pytest.raises(typer.Exit):
        doctor(json_=False)
    assert missing.detail in capsys.readouterr().out


@pytest.fixture
def client_alone(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation without extras: Python finds no package of theirs."""
    (tmp_path / "sitecustomize.py").write_text(
        """
from importlib.machinery import PathFinder
found, absent = PathFinder.find_spec, {"grpc_health", "tensorflow", "tfx"}
PathFinder.find_spec = lambda name, *rest: None if name.split(".")[0] in absent else found(name, *rest)
"""
    )
    return {"PYTHONPATH": str(tmp_path), "TENSORFLOW_MODEL_SERVER": ""}


def test_the_client_alone_names_the_extra_that_a_command_needs(
    tmp_path: Path, client_alone: dict[str, str]
) -> None:
    push(tmp_path / "models", 1)
    served = dragoman("serve", tmp_path / "models", "--backend", "embedded", environment=client_alone)
    assert served.returncode == 1
    assert served.stderr.endswith(b"is not installed: pip install '.[server]' in Dragoman's checkout\n")
    to = tmp_path / "pipeline.json"
    arguments = ("compile", "examples/embedded.yaml", "--image", "a/b:1", "--output", to)
    compiled = dragoman(*arguments, environment=client_alone)
    assert compiled.returncode == 1
    assert (
        compiled.stderr
        == b"error: tfx is not installed: pip install ./distributions/pipeline in Dragoman's checkout\n"
    )
    assert b"nor is the embedded server here" in b" ".join(
        dragoman("doctor", environment=client_alone).stdout.split()
    )
