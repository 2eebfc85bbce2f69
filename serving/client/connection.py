"""The way to an address: a channel, and a new one where it has gone dead or somebody behind it hangs.

A channel asks for the addresses behind its name ever more rarely while it fails, every two minutes in the
end, and holds on to those that it knows. A new one asks at once, and connects anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from serving import proxies
from serving.client.settings import CHANNEL_OPTIONS, target

_YOUNG = 2.0  # seconds in which a channel has not had its chance yet: one attempt to connect may take as long


@dataclass(frozen=True)
class Method:
    """A method of the server's, with the messages that are sent and come back; None: bytes as they are."""

    path: str
    sent: Any = None
    received: Any = None

    def on(self, channel: Any) -> Any:
        """What calls it."""
        return channel.unary_unary(
            self.path,
            request_serializer=self.sent and self.sent.SerializeToString,
            response_deserializer=self.received and self.received.FromString,
        )


@dataclass(eq=False)
class OpenChannel:
    """A channel of gRPC's, since when there is one (monotonic seconds), and how many calls are on it."""

    grpc: Any
    made: float
    calls: int = 0


class Connection:
    """The newest channel to an address, and the last that answered, if that is another; threads share it."""

    def __init__(
        self,
        address: str,
        make: Callable[[str, Sequence[tuple[str, str | int]]], Any],
        close: Callable[[Any], Any],
    ) -> None:
        name, proxy = target(address), proxies.of_grpc(address)
        options = [*CHANNEL_OPTIONS, ("grpc.enable_http_proxy", int(proxy is not None))]
        self._make: Callable[[], Any] = lambda: make(name, options)
        self._close = close
        self._lock = threading.Lock()
        self._newest = OpenChannel(self._make(), time.monotonic())
        self._proven: OpenChannel | None = None
        self._turn = False

    @property
    def answered(self) -> bool:
        """Whether anybody ever answered."""
        return self._proven is not None

    @contextmanager
    def channel(self) -> Iterator[OpenChannel]:
        """A channel for one call: the newest, in turns with the one that is proven while it is not."""
        with self._lock:
            self._turn = not self._turn
            channel = self._newest if self._turn or self._proven is None else self._proven
            channel.calls += 1
        try:
            yield channel
        finally:
            with self._lock:
                channel.calls -= 1
            self._drop(channel)

    def prove(self, channel: OpenChannel) -> None:
        """It has answered: from now on it is the only one."""
        with self._lock:
            if channel is self._proven is self._newest or channel not in (self._newest, self._proven):
                return
            other = self._newest if channel is self._proven else self._proven
            self._newest = self._proven = channel
        if other is not None:
            self._drop(other)

    def renew(self, channel: OpenChannel, *, hangs: bool = False) -> None:
        """Nobody can be reached on the channel that is in use, or somebody on it `hangs`: have a new one.

        A channel that answered is kept beside it, as its addresses may be right again before the names are,
        unless it hangs.
        """
        with self._lock:
            if channel is not self._newest or time.monotonic() - channel.made < _YOUNG:
                return
            self._newest = OpenChannel(self._make(), time.monotonic())
            left = self._proven if hangs and self._proven is not channel else None
            if hangs:
                self._proven = self._proven and self._newest
        if left is not None:
            self._drop(left)

    def _drop(self, channel: OpenChannel) -> None:
        with self._lock:
            if channel in (self._newest, self._proven) or channel.calls:
                return
        self._close(channel.grpc)

    def close(self) -> None:
        """Close it, with whatever is on it."""
        for channel in {self._newest, self._proven or self._newest}:
            self._close(channel.grpc)
