"""One rollout at a time on a model root; the kernel frees the lock of a killed one."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from serving import reserve
from serving.errors import RolloutConflictError
from serving.storage import refusing

_FILE = ".rollout.lock"


def who() -> str:
    """USER@HOST, for the record."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _lock(file: FileIO, model_root: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = file.read().decode("utf-8", "replace").strip() or "another process"
        raise RolloutConflictError(
            f"{model_root} is being changed by {owner}: try again when it is done"
        ) from None


@contextmanager
def exclusive(model_root: Path, action: str) -> Iterator[None]:
    """Hold the model root's lock; the volume's reserve is filled again at the end.

    Raises:
        RolloutConflictError: another holds it; the message tells who.
        RolloutRefusedError: there is no such model root, or it cannot be written.
    """
    what = f"lock the model root {model_root.absolute()} (--model-root)"
    with refusing(what):
        handle = os.open(model_root / _FILE, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        with refusing(what):
            _lock(file, model_root)
        file.truncate(0)
        # The note is a courtesy: a full disk must not keep anybody from retiring a version.
        with suppress(OSError):
            file.write(json.dumps({"action": action, "who": who(), "pid": os.getpid()}).encode())
        try:
            yield
        finally:
            file.truncate(0)
            reserve.keep(model_root)
