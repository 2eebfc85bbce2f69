"""kubectl, and waiting until it says what is wanted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

NAMESPACE = "dragoman"
_PATIENCE = 120.0  # seconds for one command
_LOOK = 0.5  # seconds between two looks
# kubectl's own word on a delete of several kinds, whatever they are.
_NO_WARNING = "Warning: deleting cluster-scoped resources, not scoped to the provided namespace"

Seen = TypeVar("Seen")


class ClusterError(Exception):
    """The cluster has not done what was asked of it, or not in time."""


def program() -> str:
    """The kubectl of the PATH, which fits the cluster; else the one that `make setup` installs."""
    return shutil.which("kubectl") or str(Path(sys.executable).parent / "kubectl")


def kubectl(*arguments: str, given: str = "", namespace: str = NAMESPACE, patience: float = _PATIENCE) -> str:
    """Standard output of a command that is `given` something to read.

    Raises:
        ClusterError: it failed, took too long, or the API server had a warning.
    """
    command = [program(), "--namespace", namespace, *arguments]
    call = f"kubectl {' '.join(arguments)}"
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"{call}: no end after {patience:g} s") from error
    if done.returncode or "Warning:" in done.stderr.replace(_NO_WARNING, ""):
        raise ClusterError(f"{call}: {done.stderr.strip()}")
    return done.stdout


def get(*arguments: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    """One object, or a list of them, as `kubectl get` gives it."""
    resource: dict[str, Any] = json.loads(kubectl("get", *arguments, "--output=json", namespace=namespace))
    return resource


def until(what: str, look: Callable[[], Seen | None], patience: float) -> Seen:
    """What `look` gives once it gives something; a look that fails is one that has found nothing yet.

    Raises:
        ClusterError: it has given nothing for so many seconds.
    """
    end = time.monotonic() + patience
    why: Exception | None = None
    while time.monotonic() < end:
        try:
            if seen := look():
                return seen
        except ClusterError as error:
            why = error
        time.sleep(_LOOK)
    raise ClusterError(f"{what}: not within {patience:g} s" + (f" ({why})" if why else "")) from why
