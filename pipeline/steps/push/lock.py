"""One push at a time into a model's folder. The kernel releases the lock of a process that dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import PushError

FILE_NAME = ".push.lock"
PATIENCE = 600.0  # seconds; a push takes a few
_POLL = 0.1


@contextlib.contextmanager
def exclusive(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder's lock, waiting for whoever holds it.

    Raises:
        PushError: another push holds it for longer than `patience` seconds.
    """
    path = folder / FILE_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise PushError(
                        f"another push has held {path} for {patience:.0f} s: find out whether it hangs"
                    ) from None
                time.sleep(_POLL)
        yield
    finally:
        os.close(descriptor)
