"""Ends a process that waits for ever."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainer.errors import TrainerError


class Watchdog:
    """Kills this process, and says why, when a deadline passes.

    A collective whose partner never comes holds the main thread inside TensorFlow, and setting the
    collectives up holds Python's lock there as well, so that no thread of this process runs: the one who
    watches is a process of its own. The checkpoints make the killing harmless.
    """

    def __init__(self, tell: Callable[[TrainerError], str]) -> None:
        """`tell`: the line of standard error that says why."""
        self._tell = tell
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, text=True, bufsize=1
        )

    def allow(self, seconds: float, reason: str) -> None:
        """Replace the deadline by one so many seconds from now; `reason` is what the user reads."""
        # Not at the top: this file is also the program of the process that watches, and that has no room.
        from trainer.errors import TrainerError

        assert self._process.stdin
        self._process.stdin.write(json.dumps([seconds, self._tell(TrainerError(reason))]) + "\n")

    def end(self) -> None:
        """Watch no more."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Watch the parent until its end of the pipe is closed, as its own end does."""
    watched = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # These are for the parent, which then closes the pipe.
    text, deadline, line = b"", None, ""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([0], [], [], left)[0]:
            break
        received = os.read(0, 1 << 16)
        if not received:
            return
        *lines, text = (text + received).split(b"\n")
        if lines:
            seconds, line = json.loads(lines[-1])
            deadline = time.monotonic() + seconds
    print(line, file=sys.stderr, flush=True)
    os.kill(watched, signal.SIGKILL)


if __name__ == "__main__":
    main()
