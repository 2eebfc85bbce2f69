"""Ends a process that waits for ever."""

from __future__ import annotations

import os
import sys
import threading
import time


class Watchdog:
    """Leaves with exit code 1 and a reason when a deadline passes; a context manager.

    A collective whose partner never comes holds the main thread inside TensorFlow, where no signal and no
    exception of Python reaches it: leaving is all that helps, and the checkpoints make it harmless.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadline, self._reason, self._watching = float("inf"), "", True
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def allow(self, seconds: float, reason: str) -> None:
        """Replace the deadline by one so many seconds from now; `reason` is what the user reads."""
        with self._changed:
            self._deadline, self._reason = time.monotonic() + seconds, reason
            self._changed.notify()

    def end(self) -> None:
        """Watch no more."""
        with self._changed:
            self._watching = False
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while self._watching:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    print(f"trainer.errors.TrainerError: {self._reason}", file=sys.stderr, flush=True)
                    os._exit(1)
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
