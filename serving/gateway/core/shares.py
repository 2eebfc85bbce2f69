"""What a key may have of the places for documents: half of them, so that no key keeps all others out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from serving.gateway.core.errors import Fault, GatewayError

_AGAIN = 30.0
"""Seconds after which who was refused may come again: documents take longer than requests."""


class Shares:
    """Of places of one kind; of one event loop."""

    def __init__(self, places: int) -> None:
        self._most = max(1, places // 2)
        self._taken: Counter[str] = Counter()

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """While a key, by its name, has one more; without keys (empty) nobody is told from others.

        Raises:
            GatewayError: TOO_FAST, it has as many as it may.
        """
        if not key:
            yield
            return
        if self._taken[key] >= self._most:
            raise GatewayError(
                Fault.TOO_FAST,
                f"{self._most} documents of this API key are on their way: send more when these are done",
                retry_after=_AGAIN,
            )
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
