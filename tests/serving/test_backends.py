"""Which server is chosen, where it listens, and that it goes when nobody needs it; with stand-ins."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.backends import BINARY, BINARY_VARIABLE, DOCKER_IMAGE, choose, command
from serving.errors import BackendError
from serving.launch import launch
from tests.contract.server import wait_for
from tests.serving.conftest import REPOSITORY, Live

# Answers `image inspect`; `run` is the program after the image, in a shell of this machine.
_DOCKER = f"""#!/bin/sh
[ "$1" = run ] || exit 0
while [ "$1" != {DOCKER_IMAGE} ]; do shift; done
shift
exec sh "$@"
"""
# Says which process it is, and stays.
_SERVER = '#!/bin/sh\necho "$$ $*"\nexec sleep 600\n'
# Starts what Docker is told to, through the code that every server is started with, and waits.
_LAUNCHER = """
import sys
from pathlib import Path
from serving.backends import command
from serving.launch import LaunchOptions, RunningServer
folder = Path(sys.argv[1])
hosts = ("127.0.0.1",) * 2
to_run = command("docker", ["--port=1"], hosts=hosts, ports=(1, 2), folders=[folder], variables={})
RunningServer.start("docker", to_run, folder, LaunchOptions(), (1, 2))
print("started", flush=True)
sys.stdin.read()
"""


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that are found first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder / "docker", _DOCKER)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


@pytest.mark.parametrize(
    ("hosts", "published"),
    [
        (("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")),
        (("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")),
        (("::1", "::1"), ("[::1]", "[::1]")),
    ],
)
@pytest.mark.usefixtures("path")
def test_docker_publishes_its_ports_on_the_hosts_only(
    hosts: tuple[str, str], published: tuple[str, str], tmp_path: Path
) -> None:
    arguments = command(
        "docker", ["--port=8500"], hosts=hosts, ports=(8500, 8501), folders=[tmp_path], variables={}
    ).arguments
    given = [value for option, value in itertools.pairwise(arguments) if option == "-p"]
    assert given == [f"{published[0]}:8500:8500", f"{published[1]}:8501:8501"]
    assert f"{tmp_path}:{tmp_path}:ro" in arguments


@pytest.mark.skipif(sys.platform != "linux", reason="process descriptors are Linux's")
def test_dockers_server_goes_when_its_launcher_and_dockers_client_were_killed(
    path: Path, tmp_path: Path
) -> None:
    program(path / BINARY, _SERVER)
    with subprocess.Popen(
        [sys.executable, "-c", _LAUNCHER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"started\n"
        log = tmp_path / "log"
        wait_for(lambda: log.read_text().endswith("\n"), "the server's word")
        pid, flags = log.read_text().strip().split(" ", 1)
        assert flags == "--rest_api_num_threads=64 --port=1"
        descriptor = os.pidfd_open(int(pid))
        try:
            launcher.send_signal(signal.SIGKILL)
            assert select.select([descriptor], [], [], 30)[0], "the server outlived its launcher"
        finally:
            os.close(descriptor)


def test_serve_says_that_a_binary_listens_everywhere(
    live: Live, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(path / BINARY, f'#!/bin/sh\nshift\nexec "{sys.executable}" -W ignore -m serving.server "$@"\n')
    monkeypatch.setenv(BINARY_VARIABLE, str(path / BINARY))
    shutil.copytree(live.templates / "1", tmp_path / "models" / "m" / "1")
    serve = [sys.executable, "-m", "dragoman", "serve", str(tmp_path / "models")]
    with subprocess.Popen(
        [*serve, "--port", "0", "--rest-port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        lines = itertools.takewhile(lambda line: line != "}\n", process.stdout)
        described = json.loads("".join(lines) + "}")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert described["backend"] == "binary"
    assert described["models"]["m"]["labels"] == {"stable": 1}
    assert (
        "warning: tensorflow_model_server listens on all addresses of this machine, not on 127.0.0.1" in said
    )
    # The real one does not finish what runs: nobody promises it.
    assert "ending …" in said
    assert "finishing what runs" not in said
    assert process.returncode == 0


def test_a_variable_that_names_no_program_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(BINARY_VARIABLE, str(tmp_path / "nothing"))
    for backend in ("auto", "binary"):
        with pytest.raises(BackendError, match="is no program"):
            choose(backend)
    assert choose("embedded") == "embedded"


def test_a_binary_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = tmp_path / "tensorflow_model_server"
    binary.write_text("#!/bin/sh\nexit 3\n")
    binary.chmod(0o755)
    monkeypatch.setenv(BINARY_VARIABLE, str(binary))
    assert choose("auto") == "binary"
    (tmp_path / "toy" / "1").mkdir(parents=True)
    (tmp_path / "toy" / "1" / "saved_model.pb").touch()
    with pytest.raises(BackendError, match="ended with code 3"):
        launch(tmp_path / "toy")
