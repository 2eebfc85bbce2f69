"""How many requests are translated at once, and how many wait: the others are sent away at once, and told
when to come again."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from serving.gateway.core.errors import Fault, GatewayError

_NEW = 0.1
"""Share of the latest request in the mean of their times."""


class Admission:
    """Places for requests; of one event loop."""

    def __init__(self, running: int, waiting: int) -> None:
        self._places = running
        self._room = waiting
        self._free = asyncio.Semaphore(running)
        self._seconds = 0.0
        """The mean time that a request has a place, the latest counting more."""
        self.running = 0
        self.waiting = 0

    @property
    def retry_after(self) -> float:
        """Whole seconds, until those that wait now have had a place; 1 at least."""
        return max(1.0, math.ceil(self._seconds * (self.waiting + 1) / self._places))

    @asynccontextmanager
    async def place(self, *, is_patient: bool = False) -> AsyncIterator[None]:
        """One of the places, waited for. `is_patient`: however many wait.

        Raises:
            GatewayError: OVERLOADED, as many wait as may.
        """
        if not is_patient and self._free.locked() and self.waiting >= self._room:
            raise GatewayError(
                Fault.OVERLOADED,
                f"{self.running} requests are being translated and {self.waiting} wait: try again later",
                retry_after=self.retry_after,
            )
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        started = time.monotonic()
        try:
            yield
        finally:
            self.running -= 1
            self._seconds += _NEW * (time.monotonic() - started - self._seconds)
            self._free.release()
