"""Start a model server in a process of its own, wait until it answers, stop it again."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from serving import model_config, onednn, ssl_config, threads
from serving.backends import BackendName, Command, choose, command, listens_beyond, rest_host
from serving.certificate import Certificate, Files
from serving.errors import BackendError, RolloutRefusedError, UnreachableError
from serving.model_config import FILE_NAME as CONFIG_FILE
from serving.readiness import looking
from serving.threads import SessionThreads
from serving.versions import versions

_LOG_LINES = 20
_SSL_CONFIG = "ssl.config"
_LOOK_SECONDS = 5.0
"""Between two looks at the files of a certificate."""
_PORT_ATTEMPTS = 3
# prctl(2): "Set the parent-death signal of the calling process".
_PR_SET_PDEATHSIG = 1
_PRCTL: Any = getattr(ctypes.CDLL(None), "prctl", None)
# The servers that are started here are on this machine: no proxy, whatever the environment names.
_HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# A binary would take 4 x cores and refuse the next caller.
_CALLS = 64
_MONITORING = 'prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }\n'


@dataclass(frozen=True)
class LaunchOptions:
    """What may be asked of any backend."""

    host: str = "127.0.0.1"
    """Address to listen on; a real binary always listens on all: `RunningServer.listens_beyond`."""
    grpc_port: int = 0
    """0: any free one."""
    rest_port: int = 0
    model_name: str | None = None
    """Name of a single model; its folder's name if not given."""
    poll_seconds: int = 1
    """How often version directories and models.config are read."""
    batching: bool = False
    """Run concurrent requests together."""
    ready_seconds: float = 300.0
    """The first load may take so long."""
    stop_seconds: float = 40.0
    """A stopping server may take so long before it is killed."""
    operation_threads: int = 0
    """Threads that share one operation; 0: as fits the size of the models (serving.threads)."""
    tls: Files | None = None
    """Of gRPC: nobody is answered without; HTTP has none, and is this machine's alone then."""
    load_retries: int = 0
    """After a failed load, one second apart."""
    bound: bool = False
    """On Linux a binary is killed with the thread that launched it, also when that is killed with -9; the
    other backends always go when the process that launched them has gone."""
    flags: Sequence[str] = field(default_factory=tuple)
    """More of TensorFlow Serving's flags."""

    @property
    def hosts(self) -> tuple[str, str]:
        """Addresses of gRPC and of HTTP."""
        return self.host, rest_host(self.host, self.tls)


def _end_with_parent() -> None:
    """Called in the child between fork and exec: one system call, and nothing that could need a lock."""
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_port(host: str, port: int) -> int:
    """The port, or any one for 0.

    Raises:
        BackendError: it is taken, or the host has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as bound:
            return int(bound.getsockname()[1])
    except OSError as error:
        where = f"port {port} of {host}" if port else host
        raise BackendError(
            f"cannot listen on {where}: {error.strerror}: choose another --port, --rest-port or --host"
        ) from error


def _model_flags(models: Path, options: LaunchOptions) -> list[str]:
    """What to serve: a configuration file, a model root with one, or the folder of one model's versions."""
    config = models / CONFIG_FILE if models.is_dir() else models
    if config.is_file():
        poll = [f"--model_config_file_poll_wait_seconds={options.poll_seconds}"]
        return [f"--model_config_file={config}", *poll, "--allow_version_labels_for_unavailable_models=true"]
    if not models.exists():
        raise BackendError(f"{models} does not exist: give a model root, a models.config or a model's folder")
    if not versions(models):
        raise BackendError(
            f"{models} holds neither a {CONFIG_FILE} nor numbered versions: push a model first"
        )
    return [f"--model_base_path={models}", f"--model_name={options.model_name or models.name}"]


def _threads(models: Path, options: LaunchOptions) -> SessionThreads:
    """As asked for, else as fits the models that are to be served."""
    fitting = threads.fitting(_base_paths(models))
    return replace(fitting, intra=options.operation_threads) if options.operation_threads else fitting


def _base_paths(models: Path) -> list[Path]:
    config = models / CONFIG_FILE if models.is_dir() else models
    if not config.is_file():
        return [models]
    try:
        parsed = model_config.parse(config.read_text("utf-8"), str(config))
    except (RolloutRefusedError, OSError, UnicodeDecodeError):
        return []  # the server says what is wrong with it
    return [Path(model.base_path) for model in parsed.model_config_list.config]


def _flags(
    models: Path,
    options: LaunchOptions,
    folder: Path,
    ports: tuple[int, int],
    certificate: Certificate | None,
) -> list[str]:
    monitoring = folder / "monitoring.config"
    monitoring.write_text(_MONITORING)
    flags = [
        f"--port={ports[0]}",
        f"--rest_api_port={ports[1]}",
        f"--file_system_poll_wait_seconds={options.poll_seconds}",
        f"--monitoring_config_file={monitoring}",
        f"--max_num_load_retries={options.load_retries}",
        "--load_retry_interval_micros=1000000",
        f"--grpc_max_threads={_CALLS}",
        *_threads(models, options).flags(),
        *_model_flags(models, options),
    ]
    if options.batching:
        parameters = folder / "batching.config"
        parameters.write_text(
            "max_batch_size { value: 64 }\nbatch_timeout_micros { value: 2000 }\n"
            f"num_batch_threads {{ value: {os.cpu_count() or 1} }}\nmax_enqueued_batches {{ value: 64 }}\n"
        )
        flags += ["--enable_batching=true", f"--batching_parameters_file={parameters}"]
    if certificate:
        ssl_config.write(folder / _SSL_CONFIG, certificate.pem)
        flags.append(f"--ssl_config_file={folder / _SSL_CONFIG}")
    return [*flags, *options.flags]


class RunningServer:
    """A model server that answers; stop it, or use it in a `with` statement."""

    def __init__(
        self,
        backend: str,
        process: subprocess.Popen[bytes],
        folder: Path,
        options: LaunchOptions,
        ports: tuple[int, int],
        certificate: Certificate | None = None,
    ) -> None:
        self.backend = backend
        hosts = options.hosts
        self.address, self.rest_address = (
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            for host, port in zip(hosts, ports, strict=True)
        )
        """HOST:PORT of gRPC, and of HTTP."""
        self.listens_beyond = any(listens_beyond(backend, host) for host in hosts)
        """Whether it takes requests on other addresses, too."""
        self.drains = backend == "embedded"
        """Whether it answers the requests that run before it ends; a real one cuts them off (UNAVAILABLE)."""
        self._process = process
        self._folder = folder
        self._stop_seconds = options.stop_seconds
        self._certificate = certificate
        self._clean_up: Sequence[str] = ()

    @classmethod
    def start(
        cls,
        backend: str,
        to_run: Command,
        folder: Path,
        options: LaunchOptions,
        ports: tuple[int, int],
        certificate: Certificate | None = None,
    ) -> RunningServer:
        """Start the process; `wait_until_ready` comes next."""
        with (folder / "log").open("wb") as log:
            try:
                process = subprocess.Popen(
                    list(to_run.arguments),
                    env={**_environment(), **to_run.environment},
                    # It ends when we are gone, which Docker's container waits for.
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C on the terminal is for us: the server is told by `stop`, once.
                    start_new_session=True,
                    preexec_fn=_end_with_parent if options.bound and _PRCTL else None,
                )
            except OSError as error:
                raise BackendError(f"cannot start {to_run.arguments[0]}: {error.strerror}") from error
        server = cls(backend, process, folder, options, ports, certificate)
        server._clean_up = to_run.clean_up
        return server

    @property
    def pid(self) -> int:
        return self._process.pid

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """The last lines that the server wrote."""
        text = (self._folder / "log").read_text("utf-8", "replace") if self._folder.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until both interfaces answer, which a server lets them do once its models are loaded.

        Raises: BackendError with the last lines of the log when it ends first, or after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        with looking(self.address, over_tls=self._certificate is not None) as grpc_answers:
            while not (grpc_answers() and self._http_answers()):
                if self._process.poll() is not None:
                    raise BackendError(
                        f"the {self.backend} model server ended with code {self._process.returncode} "
                        f"before it answered; its last lines:\n{self.log_tail()}"
                    )
                if time.monotonic() > deadline:
                    raise BackendError(
                        f"the {self.backend} model server did not answer within {timeout:.0f} s; "
                        f"its last lines:\n{self.log_tail()}"
                    )

    def _http_answers(self) -> bool:
        try:
            _HTTP.open(f"http://{self.rest_address}/v1/models", timeout=2).close()
        except urllib.error.HTTPError:
            return True  # any answer is one
        except (OSError, ValueError):
            time.sleep(0.05)
            return False
        return True

    def versions(self, model: str) -> dict[int, str]:
        """The state of each version of a model, as AVAILABLE, newest first; empty for an unknown model.

        Raises: UnreachableError.
        """
        statuses = self._get(f"/v1/models/{urllib.parse.quote(model)}").get("model_version_status", [])
        return {int(status["version"]): str(status["state"]) for status in statuses}

    def labelled(self, model: str, label: str) -> int | None:
        """The version that requests with the label are answered by, if there is one now.

        Raises: UnreachableError.
        """
        path = f"/v1/models/{urllib.parse.quote(model)}/labels/{urllib.parse.quote(label)}/metadata"
        answer = self._get(path)
        return int(answer["model_spec"]["version"]) if "model_spec" in answer else None

    def _get(self, path: str) -> dict[str, Any]:
        """The JSON at a path; empty where the server refuses."""
        try:
            with _HTTP.open(f"http://{self.rest_address}{path}", timeout=10) as answer:
                body: dict[str, Any] = json.load(answer)
                return body
        except urllib.error.HTTPError:
            return {}
        except OSError as error:
            raise UnreachableError(
                f"the model server at {self.rest_address} does not answer: {error}"
            ) from error

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit code. A certificate that is renewed meanwhile is
        given to it: the embedded one shows it from then on, a real one once it is started again.
        """
        while True:
            try:
                return self._process.wait(_LOOK_SECONDS if self._certificate else None)
            except subprocess.TimeoutExpired:
                if self._certificate:
                    self._certificate.refresh()
                    with suppress(OSError):  # As of a full disk: the old one stays until the next look.
                        ssl_config.write(self._folder / _SSL_CONFIG, self._certificate.pem)

    def stop(self) -> int:
        """Tell it to leave, and kill it when it does not; its exit code. Twice is once. What runs is finished
        where `drains`."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(self._stop_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._clean_up:
            subprocess.run(list(self._clean_up), capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)
        return self._process.returncode

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def launch(
    models: Path, *, backend: BackendName = "auto", options: LaunchOptions | None = None
) -> RunningServer:
    """Serve a model root (with its models.config), a models.config, or the folder of one model's versions.

    Returns when the server answers. `auto` takes a real TensorFlow Serving binary, else Docker's image, else
    the embedded server.

    Raises: BackendError with the server's last lines when it does not start; TlsError.
    """
    options = options or LaunchOptions()
    certificate = Certificate(options.tls) if options.tls else None
    models = models.expanduser().absolute()
    chosen = choose(backend)
    variables = onednn.environment(_base_paths(models))
    for attempt in range(1, _PORT_ATTEMPTS + 1):
        ports = (
            _free_port(options.hosts[0], options.grpc_port),
            _free_port(options.hosts[1], options.rest_port),
        )
        folder = Path(tempfile.mkdtemp(prefix="dragoman-server-"))
        try:
            flags = _flags(models, options, folder, ports, certificate)
            folders = [models if models.is_dir() else models.parent, folder]
            to_run = command(
                chosen, flags, hosts=options.hosts, ports=ports, folders=folders, variables=variables
            )
            server = RunningServer.start(chosen, to_run, folder, options, ports, certificate)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            server.wait_until_ready(options.ready_seconds)
            return server
        except BaseException as error:
            # Between choosing a free port and opening it, after the load, another may have taken it.
            taken = isinstance(error, BackendError) and "in use" in server.log_tail().lower()
            server.stop()
            if not taken or (options.grpc_port and options.rest_port) or attempt == _PORT_ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _environment() -> dict[str, str]:
    """This process's own, without a pipeline's way into its metadata store."""
    return {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
