"""A model server that has left requests unanswered is left in peace for a while: a circuit breaker (Nygard,
Release It!, 2007).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from serving.gateway.core.errors import Fault, GatewayError, unavailable
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.settings import GatewaySettings

_UNANSWERED = (Fault.UNAVAILABLE, Fault.TIMEOUT)
_LONG = 0.5
"""Share of a request's deadline after which one that is given up, by whomever, was left unanswered."""


class Breaker:
    """Of one address, which may stand for several replicas: of these a dead one is left out, and one that
    hangs is asked beside another, by the client.

    It is closed while requests are answered. After so many in a row that were not, it is open, and requests
    are refused at once. After so many seconds one at a time is let through, and the first that is answered
    closes it.
    """

    def __init__(
        self, failures: int, seconds: float, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`failures`: 0 for one that never opens. `patience`: seconds after which a request that is
        cancelled was left unanswered.
        """
        self._most = failures
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        self._is_tried = False

    @property
    def is_open(self) -> bool:
        """Whether the latest requests were not answered."""
        return 0 < self._most <= self._failures

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While the address is asked; how this ends is what is known of it.

        Raises:
            GatewayError: UNAVAILABLE, it is not asked now.
        """
        is_trial, started = self.is_open, self._clock()
        if is_trial:
            left = self._opened + self._seconds - started
            if self._is_tried or left > 0:
                raise unavailable(max(left, 1.0))
            self._is_tried = True
        try:
            yield
        except GatewayError as error:
            self._note(answered=error.fault not in _UNANSWERED)
            raise
        except asyncio.CancelledError:
            if self._clock() - started >= self._patience:
                self._note(answered=False)
            raise
        except Exception:  # What the server refuses it has answered.
            self._note(answered=True)
            raise
        else:
            self._note(answered=True)
        finally:
            if is_trial:
                self._is_tried = False

    def _note(self, *, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self.is_open:
            self._opened = self._clock()


class Breakers:
    """One an address, made when it is first asked, and shown in the metrics."""

    def __init__(self, settings: GatewaySettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._by_address: dict[str, Breaker] = {}

    def of(self, address: str) -> Breaker:
        """The address's."""
        if address not in self._by_address:
            settings = self._settings
            breaker = Breaker(
                settings.breaker_failures, settings.breaker_seconds, settings.limits.deadline * _LONG
            )
            self._by_address[address] = breaker
            self._metrics.breaker(address, lambda: breaker.is_open)
        return self._by_address[address]
