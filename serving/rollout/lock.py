"""One rollout at a time on a model root; the kernel frees the lock of a killed one."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.errors import RolloutConflictError, RolloutRefusedError

_FILE = ".rollout.lock"


def who() -> str:
    """USER@HOST, for the record."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


@contextmanager
def exclusive(model_root: Path, action: str) -> Iterator[None]:
    """Hold the model root's lock.

    Raises:
        RolloutConflictError: another holds it; the message tells who.
        RolloutRefusedError: there is no such model root, or it cannot be written.
    """
    try:
        handle = os.open(model_root / _FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RolloutRefusedError(f"cannot lock the model root {model_root}: {error.strerror}") from error
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = file.read().strip() or "another process"
            raise RolloutConflictError(
                f"{model_root} is being changed by {owner}: try again when it is done"
            ) from None
        file.truncate(0)
        file.write(json.dumps({"action": action, "who": who(), "pid": os.getpid()}))
        file.flush()
        yield
        file.seek(0)
        file.truncate(0)
