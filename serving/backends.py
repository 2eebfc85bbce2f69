"""The model servers that can be started here: a real binary, Docker's image, or the embedded one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from serving.errors import BackendError

BackendName = Literal["auto", "embedded", "binary", "docker"]
EMBEDDED = "serving.server"
"""What is started as the embedded server, by its name."""
BINARY_VARIABLE = "TENSORFLOW_MODEL_SERVER"
BINARY = "tensorflow_model_server"
DOCKER_IMAGE = "tensorflow/serving:2.16.1"
# REST has threads of its own, of which the embedded server needs no number: as many as gRPC has.
_REST_THREADS = "--rest_api_num_threads=64"
# The modules that the extra `server` brings.
_EMBEDDED = (
    *("fastapi", "grpc_health", "grpc_reflection", "numpy", "prometheus_client"),
    *("tensorflow", "tensorflow_serving", "tensorflow_text", "uvicorn"),
)
# Whatever happens to those who started it, the container goes when its standard input ends: docker's client
# may be killed without a word to the container, but that pipe is closed all the same.
_UNTIL_INPUT_ENDS = 'exec 3<&0; "$0" "$@" & server=$!; (cat <&3 >/dev/null; kill "$server") & wait "$server"'


@dataclass(frozen=True)
class Command:
    """What to run, in which environment, and what makes sure that it is gone."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    clean_up: Sequence[str] = ()


def find_binary() -> str | None:
    """The real server: named by TENSORFLOW_MODEL_SERVER, or on the PATH.

    Raises: BackendError when the variable names no program.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if not named:
        return shutil.which(BINARY)
    program = shutil.which(named)
    if program is None:
        raise BackendError(f"{BINARY_VARIABLE}={named} is no program: correct or unset it")
    return program


def find_docker() -> str | None:
    """The docker command, where its engine answers and has the image."""
    docker = shutil.which("docker")
    if docker is None:
        return None
    try:
        done = subprocess.run(
            [docker, "image", "inspect", DOCKER_IMAGE], capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return docker if done.returncode == 0 else None


def has_embedded() -> bool:
    """Whether what the embedded server needs is installed; nothing of it is imported."""
    return all(importlib.util.find_spec(name) for name in _EMBEDDED)


def _require_embedded() -> Literal["embedded"]:
    if not has_embedded():
        raise BackendError(
            "the embedded server is not installed: pip install '.[server]' in Dragoman's checkout"
        )
    return "embedded"


def choose(backend: BackendName) -> Literal["embedded", "binary", "docker"]:
    """The backend that `auto` means on this machine, or the one asked for.

    Raises: BackendError when the one asked for is not here.
    """
    if backend == "embedded":
        return _require_embedded()
    if backend in ("auto", "binary") and find_binary():
        return "binary"
    if backend == "binary":
        raise BackendError(
            f"no TensorFlow Serving binary: set {BINARY_VARIABLE} to its path, or take the backend embedded"
        )
    if find_docker():
        return "docker"
    if backend == "docker":
        raise BackendError(
            f"no Docker engine with the image {DOCKER_IMAGE} answers: start it and "
            f"`docker pull {DOCKER_IMAGE}`, or take the backend embedded"
        )
    return _require_embedded()


def _embedded(flags: Sequence[str], host: str, variables: Mapping[str, str]) -> Command:
    package_parent = str(Path(__file__).resolve().parent.parent)
    search = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
    own = [f"--host={host}", f"--parent_pid={os.getpid()}"]
    return Command(
        [sys.executable, "-W", "ignore", "-m", EMBEDDED, *flags, *own],
        {
            "PYTHONPATH": search,
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
            **variables,
        },
    )


def _docker(
    flags: Sequence[str],
    hosts: Sequence[str],
    ports: Sequence[int],
    folders: Sequence[Path],
    variables: Mapping[str, str],
) -> Command:
    docker = find_docker()
    assert docker is not None
    name = f"dragoman-{uuid.uuid4().hex[:12]}"
    bracketed = [f"[{host}]" if ":" in host else host for host in hosts]
    # In the container the server listens on all addresses, as the binary does; here on those of `hosts`.
    published = [
        part for host, port in zip(bracketed, ports, strict=True) for part in ("-p", f"{host}:{port}:{port}")
    ]
    mounted = [part for folder in folders for part in ("-v", f"{folder}:{folder}:ro")]
    said = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
    # --init: as process 1 of the container the shell would ignore SIGTERM.
    start = [docker, "run", "--rm", "--init", "--interactive", "--name", name, *published, *mounted, *said]
    inside = ["--entrypoint", "sh", DOCKER_IMAGE, "-c", _UNTIL_INPUT_ENDS, BINARY, _REST_THREADS, *flags]
    return Command([*start, *inside], clean_up=[docker, "rm", "--force", name])


def rest_host(host: str, tls: object) -> str:
    """Where HTTP listens: it has no TLS, and is this machine's alone where gRPC has (not None)."""
    return host if tls is None else "127.0.0.1"


def listens_beyond(backend: str, host: str) -> bool:
    """Whether others reach a port than those whom `host` lets: a binary has no option for an address."""
    return backend == "binary" and host not in ("0.0.0.0", "::")


def command(
    backend: Literal["embedded", "binary", "docker"],
    flags: Sequence[str],
    *,
    hosts: Sequence[str],
    ports: Sequence[int],
    folders: Sequence[Path],
    variables: Mapping[str, str],
) -> Command:
    """How to start the server with `flags` of TensorFlow Serving's, naming `ports` and files in `folders`;
    `hosts`: an address for each of the ports. `variables`: of its environment.
    """
    if backend == "embedded":
        return _embedded(flags, hosts[0], variables)
    if backend == "docker":
        return _docker(flags, hosts, ports, folders, variables)
    binary = find_binary()
    assert binary is not None
    return Command([binary, _REST_THREADS, *flags], variables)
