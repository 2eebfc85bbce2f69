"""What a benchmark of the gateway runs: a model server, a gateway and PostgreSQL, each a process that can be
killed and started again where it was."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import psutil
import yaml

from contracts.card import EXTRA, JSON_NAME, CardSummary
from serving.backends import BackendName
from serving.errors import BackendError
from serving.launch import LaunchOptions, RunningServer, launch
from serving.rollout import Rollout
from serving.versions import models, versions

REPOSITORY = Path(__file__).resolve().parents[1]
TOY = "toy"


def english_model(root: Path) -> str:
    """The first model below a root that translates from English alone, and into one language.

    Raises:
        SystemExit: there is none.
    """
    for name, folders in models(root).items():
        card = CardSummary.of(folders[max(folders)])
        if card.source_language == "en" and len(card.directions or ()) < 2:
            return name
    sys.exit(f"{root} has no model that translates from English alone: name another folder")


def root_of(folder: Path, models_root: Path | None, name: str) -> Path:
    """A model root in `folder` with this model alone, its newest version stable; without `models_root` the
    toy, from English into German, which says `v1:SOURCE`.
    """
    if models_root is None:
        from tests.serving.toy_translator import push

        (folder / name).mkdir(parents=True)
        card = push(folder / name, 1) / EXTRA / JSON_NAME
        card.write_text(json.dumps({"source_language": "en", "target_language": "de"}))
    else:
        folder.mkdir(parents=True)
        (folder / name).symlink_to((models_root / name).resolve())
    Rollout(folder).promote(name, max(versions(folder / name)))
    return folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Killable(Protocol):
    """What can be killed without a word, and started again where it was."""

    name: str

    def start(self) -> None:
        """Returns when it answers."""

    def kill(self) -> None:
        """With -9."""

    def stop(self) -> None:
        """Let it end."""


class ModelServerProcess:
    """Serves a model root, with request batching, on ports that it keeps."""

    def __init__(self, root: Path, backend: BackendName) -> None:
        self._root, self._backend = root, backend
        self._options = LaunchOptions(grpc_port=_free_port(), rest_port=_free_port(), batching=True)
        self.address = f"127.0.0.1:{self._options.grpc_port}"
        self.name = "model server"
        self._server: RunningServer | None = None

    def start(self) -> None:
        """Returns when it answers."""
        self._server = launch(self._root, backend=self._backend, options=self._options)

    def kill(self) -> None:
        """Without a word."""
        assert self._server is not None
        os.kill(self._server.pid, signal.SIGKILL)
        self._server.wait()
        self._server.stop()

    def stop(self) -> None:
        """Let it end."""
        if self._server is not None:
            self._server.stop()


class GatewayProcess:
    """A gateway on a port that it keeps."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """`folder`: for its settings, its log and its SQLite."""
        folder.mkdir(parents=True, exist_ok=True)
        port, grpc_port = _free_port(), _free_port()
        self.url, self.grpc = f"http://127.0.0.1:{port}", f"127.0.0.1:{grpc_port}"
        self.log = folder / "log"
        self.name = "gateway"
        self._file = folder / "gateway.yaml"
        defaults = {"port": port, "grpc_port": grpc_port, "database": f"sqlite:///{folder}/gateway.sqlite"}
        self.settings = {**defaults, **settings}
        self._file.write_text(yaml.safe_dump(self.settings))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the one that runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns when it listens.

        Raises:
            BackendError: it does not, with the end of its log.
        """
        command = [sys.executable, "-m", "dragoman", "gateway", "--settings", str(self._file), "--json"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log)
        said = b""
        assert self._process.stdout is not None
        while not said.endswith(b"}\n"):
            line = self._process.stdout.readline()
            if not line:
                raise BackendError(f"the gateway did not start: {self.log.read_text()[-2000:]}")
            said += line

    def kill(self) -> None:
        """Without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Let it end."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


class PostgresProcess:
    """A PostgreSQL of its own (Debian: apt install postgresql); it does not run as root."""

    def __init__(self) -> None:
        """
        Raises:
            FileNotFoundError: there is none here.
        """
        places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not places:
            raise FileNotFoundError("there is no PostgreSQL here (Debian: apt install postgresql)")
        self.name = "PostgreSQL"
        self.programs = places[-1]
        self._owner: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}
        self._folder = Path(tempfile.mkdtemp(prefix="dragoman-postgresql-"))
        if self._owner:
            shutil.chown(self._folder, "postgres")
        port, user = _free_port(), self._owner.get("user", getpass.getuser())
        self.url = f"postgresql+psycopg://{user}@127.0.0.1:{port}/postgres"
        self._options = f"-p {port} -k {self._folder} -c listen_addresses=127.0.0.1"
        self._run("initdb", "--auth=trust", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, "-D", self._folder / "data", *arguments],
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            **self._owner,
        )

    def start(self) -> None:
        """Returns when it answers. The processes of one that was killed may be ending still."""
        end = time.monotonic() + 60
        while True:
            try:
                self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", self._options, "start")
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        """Without a word: the first of its processes, and those that it has started."""
        number = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        first = psutil.Process(number)
        for process in (first, *first.children()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """End it, and delete what it has kept."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def running(*processes: Killable) -> Iterator[None]:
    """Started in this order, and ended in the other one, whatever comes."""
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.stop)
            process.start()
        yield
