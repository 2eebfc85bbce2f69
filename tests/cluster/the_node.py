"""The node's part of the test: its volumes, and processes that are killed from outside their pods."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.model_config import CANARY, STABLE, find_model, parse
from serving.rollout import plan
from serving.rollout.drill.fleet import Serves
from tests.cluster.kubectl import ClusterError, get, kubectl, program, until
from tests.cluster.replicas import MODEL

NAMESPACE = "dragoman-cluster-test"
MODELS = "/var/dragoman/models"  # as the component `one-node` has them
WORKSPACE = "/var/dragoman/workspace"
DATABASE = "/var/dragoman/database"
_CONFIG = f"{MODELS}/models.config"
_HISTORY = f"{MODELS}/history.jsonl"
_FOLDER = Path(__file__).parent / "node"
_OWNER = "10001"
# In bytes; the first one is small enough to be filled.
_SIZES = {MODELS: 192 << 20, WORKSPACE: 2 << 30, DATABASE: 512 << 20}
_COMES_UP = 180.0  # seconds
_LONGEST = 700.0  # seconds


def mount() -> None:
    """Start the pod on the node, and make empty volumes of the right owner."""
    # A new namespace has no service account for the pod at first.
    until("the pod on the node", _applied, _COMES_UP)
    wait = ["wait", "pod/node", "--for=condition=Ready", f"--timeout={_COMES_UP:.0f}s"]
    kubectl(*wait, namespace=NAMESPACE, patience=2 * _COMES_UP)
    for path, size in _SIZES.items():
        _on_node("unmount", path)
        _on_node("mount", path, str(size), _OWNER)


def _applied() -> str:
    return kubectl("apply", "--kustomize", str(_FOLDER), namespace=NAMESPACE)


def unmount() -> None:
    """What was there before is there again. Without the pod nothing was mounted."""
    pods = get("pods", namespace=NAMESPACE)["items"]
    if any(pod["status"]["phase"] == "Running" for pod in pods):
        for path in _SIZES:
            _on_node("unmount", path)


def configured() -> Serves:
    """What models.config says."""
    part = find_model(parse(read(_CONFIG), _CONFIG), MODEL)
    labels = {} if part is None else dict(part.version_labels)
    return Serves(tuple(sorted(plan.listed(part))), labels.get(STABLE), labels.get(CANARY))


def history() -> list[str]:
    """The lines of history.jsonl."""
    return read(_HISTORY).splitlines()


def on_disk() -> list[str]:
    """What is in the model's folder."""
    return names(f"{MODELS}/{MODEL}")


def read(path: str) -> str:
    """A file of the node."""
    return _on_node("read", path)


def names(path: str) -> list[str]:
    """What is in a folder of the node."""
    return _on_node("list", path).split()


def kill(*marks: str) -> None:
    """The processes with one of the marks, -9.

    Raises:
        ClusterError: there was none.
    """
    _on_node("kill", *marks)


def stop(*marks: str) -> None:
    """The same with SIGSTOP: they hang.

    Raises:
        ClusterError: there was none.
    """
    _on_node("stop", *marks)


@contextmanager
def full(left: int = 256 << 10) -> Iterator[None]:
    """So many bytes are left for versions within: less than one needs, and enough for models.config."""
    _on_node("fill", MODELS, str(left))
    try:
        yield
    finally:
        _on_node("free", MODELS)


@contextmanager
def killing(mark: str, version: int) -> Iterator[None]:
    """As soon as models.config lists the version, the processes with the mark are killed -9; leaving the
    block waits for it.

    Raises:
        ClusterError: it was never listed, or there was nothing to kill.
    """
    command = [program(), *_command("kill-at", _CONFIG, str(version), mark)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield
            _, said = process.communicate(timeout=_LONGEST)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ClusterError(f"kill {mark}: {said.strip()}")


def _on_node(*arguments: str) -> str:
    return kubectl(*_command(*arguments)[2:], namespace=NAMESPACE)


def _command(*arguments: str) -> list[str]:
    return ["--namespace", NAMESPACE, "exec", "node", "--", "python", "/node/on_node.py", *arguments]
