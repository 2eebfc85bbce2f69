"""What is at hand on this machine, and what is missing for what. Imports nothing of it but in a child."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from dragoman import stack
from serving import proxies
from serving.backends import DOCKER_IMAGE, has_embedded

State = Literal["ok", "absent", "missing"]

_CLIENT = ("grpcio", "protobuf", "pydantic")
_SERVER = ("tensorflow", "tensorflow-text", "tensorflow-serving-api")
_PIPELINE = ("tfx", "apache-beam", "keras", "keras-nlp", "sentencepiece", "sacrebleu")

_INSTALLED_BY = {
    "the client": ".",
    "serving": "'.[server]'",
    "the pipeline": "./distributions/pipeline",
}

# What TensorFlow computes on, one a line.
_GPUS = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU"):
    print(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
"""
_TENSORFLOW_SECONDS = 120
_FAST = "fast training"
_DRIVER = Path("/proc/driver/nvidia/version")

_GIB = 1024**3
_DISK_NEEDED_GIB = 5


@dataclass(frozen=True)
class Finding:
    """One line of the examination: `absent` things are optional, `missing` ones are needed."""

    name: str
    state: State
    detail: str
    needed_for: str = ""


def _package(name: str, needed_for: str) -> Finding:
    try:
        return Finding(name, "ok", importlib.metadata.version(name), needed_for)
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            name, "missing", f"pip install {_INSTALLED_BY[needed_for]} in Dragoman's checkout", needed_for
        )


def _answers(*command: str) -> str | None:
    """The first line that a command prints within five seconds, or None when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout.strip().splitlines() or [""])[0]


def _model_server() -> Finding:
    path = os.environ.get("TENSORFLOW_MODEL_SERVER") or shutil.which("tensorflow_model_server")
    version = _answers(path, "--version") if path else None
    if version is not None:
        return Finding("tensorflow_model_server", "ok", f"{version} ({path})", "`serve --backend binary`")
    where = f"{path} does not run" if path else "not on the PATH, TENSORFLOW_MODEL_SERVER not set"
    instead = "the embedded server is used" if has_embedded() else "nor is the embedded server here"
    return Finding("tensorflow_model_server", "absent", f"{where}; {instead}", "`serve --backend binary`")


def _docker() -> Finding:
    version = (
        _answers("docker", "version", "--format", "{{.Server.Version}}") if shutil.which("docker") else None
    )
    if version:
        image = _answers("docker", "image", "inspect", "--format", "{{.Id}}", DOCKER_IMAGE)
        needed = "`serve --backend docker`" if image else f"serving only after `docker pull {DOCKER_IMAGE}`"
        return Finding("Docker engine", "ok", version, f"images, {needed}")
    return Finding("Docker engine", "absent", "no engine answers", "`serve --backend docker`, images")


def _stack() -> Finding:
    name, words = stack.here()
    return Finding("stack", "ok" if name else "absent", words, "serving, the pipeline")


def _gpu() -> Finding:
    """What TensorFlow sees: a driver's own programs name GPUs that it cannot use."""
    if importlib.util.find_spec("tensorflow") is None:
        return Finding("GPU", "absent", "TensorFlow, which would say, is not installed", _FAST)
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _GPUS],
            capture_output=True,
            text=True,
            timeout=_TENSORFLOW_SECONDS,
            env=quiet,
        )
    except subprocess.TimeoutExpired:
        return Finding("GPU", "absent", f"TensorFlow did not answer in {_TENSORFLOW_SECONDS} s", _FAST)
    if asked.returncode:
        reason = (asked.stderr.strip().splitlines() or ["no word"])[-1]
        return Finding("GPU", "missing", f"TensorFlow does not start: {reason}", _FAST)
    if names := asked.stdout.split("\n")[:-1]:
        return Finding("GPU", "ok", ", ".join(names), _FAST)
    cure = "pip install '.[gpu]' in Dragoman's checkout, or a newer driver"
    why = f"though a driver of NVIDIA's is here: {cure}" if _DRIVER.exists() else "training uses the CPU"
    return Finding("GPU", "absent", f"TensorFlow sees none; {why}", _FAST)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free / _GIB
    state: State = "ok" if free >= _DISK_NEEDED_GIB else "missing"
    return Finding(
        "disk",
        state,
        f"{free:.0f} GiB free at {folder}; a run may need {_DISK_NEEDED_GIB}",
        "runs and models",
    )


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    cores = len(os.sched_getaffinity(0))
    return Finding(
        "machine", "ok", f"{cores} cores, {total:.0f} GiB memory, {platform.machine()}", "everything"
    )


def _port(number: int, needed_for: str) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return Finding(
                f"port {number}", "absent", "in use (by a model server already running?)", needed_for
            )
    return Finding(f"port {number}", "ok", "free", needed_for)


def _proxies() -> Finding:
    variables = ", ".join(str(proxy) for proxy in proxies.named())
    if not variables:
        return Finding("proxies", "ok", "the environment names none", "servers and webhooks elsewhere")
    beside = f"; no_proxy: {listed}" if (listed := proxies.without_proxy()) else ""
    detail = f"{variables}{beside}; this machine's addresses are asked without one"
    return Finding("proxies", "ok", detail, "servers and webhooks elsewhere")


def examine(folder: Path) -> list[Finding]:
    """Look at the machine; `folder` is where runs and models will be written."""
    return [
        Finding("Python", "ok", platform.python_version(), "everything"),
        _stack(),
        _package("dragoman", "the client"),
        *(_package(name, "the client") for name in _CLIENT),
        *(_package(name, "serving") for name in _SERVER),
        *(_package(name, "the pipeline") for name in _PIPELINE),
        _model_server(),
        _docker(),
        _gpu(),
        _memory(),
        _disk(folder),
        _port(8500, "gRPC of `dragoman serve`"),
        _port(8501, "REST of `dragoman serve`"),
        _proxies(),
    ]


def as_json(findings: list[Finding]) -> list[dict[str, str]]:
    """The findings as plain dictionaries."""
    return [asdict(finding) for finding in findings]
