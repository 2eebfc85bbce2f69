"""Clients with the documented retry policy that send all the while, and count what they get."""

from __future__ import annotations

import re
import threading
import time
from types import TracebackType

from serving.client import Client
from serving.errors import ServingError
from serving.rollout.drill.fleet import DrillError

_PAUSE = 0.02  # seconds between a thread's requests: many of them, and room for the servers to load
_SHARE = 0.1
"""Of the requests try the canary first."""
_KEPT = 5
_STARVED = 60.0  # seconds


class Traffic:
    """Threads, each with a client of its own on all replicas; use it in a `with` statement."""

    def __init__(self, target: str, model: str, threads: int) -> None:
        self._target, self._model = target, model
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._answered = 0
        self._failed = 0
        self.errors: list[str] = []
        """Of the first failed requests."""
        self.last_error = ""
        """Of the latest failed request."""
        self._threads = [
            threading.Thread(target=self._send, args=[number], daemon=True) for number in range(threads)
        ]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def counts(self) -> tuple[int, int]:
        """Requests that have ended, and how many of them failed."""
        with self._lock:
            return self._answered + self._failed, self._failed

    def flow(self) -> None:
        """Wait for some more requests: what has just been changed has then been used.

        Raises:
            DrillError: none has ended in time: the clients hang or are gone.
        """
        start = self.counts()[0]
        end = time.monotonic() + _STARVED
        while self.counts()[0] < start + 2 * len(self._threads) and time.monotonic() < end:
            self._stop.wait(_PAUSE)
        if self.counts()[0] == start:
            raise DrillError(f"no request has ended in {_STARVED:g} s: the clients hang or are gone")

    def _send(self, number: int) -> None:
        with Client(self._target, model=self._model, canary_share=_SHARE) as client:
            count = 0
            while not self._stop.wait(_PAUSE):
                count += 1
                self._ask(client, f"sentence {count} of {number}")

    def _ask(self, client: Client, source: str) -> None:
        error = ""
        try:
            (answer,) = client.translate([source])
            if not re.fullmatch(rf"v\d+:{re.escape(source)}", answer.text):
                error = f"{source!r} was answered by {answer.text!r}"
        except ServingError as failure:
            error = str(failure)
        except Exception as failure:  # whatever it is, a user would have had no answer
            error = f"{type(failure).__name__}: {failure}"
        with self._lock:
            if error:
                self._failed += 1
                self.errors = [*self.errors, error][:_KEPT]
                self.last_error = error
            else:
                self._answered += 1
