"""One attempt at a call, and where nobody answers it for a part of the deadline, further ones beside it.

A server that hangs takes a request and says nothing. So another connection, to another replica if there is
one, is asked as well, and the first answer counts ("hedged requests": Dean and Barroso, The Tail at Scale,
2013). What is sent beside is bounded by a share of what was answered, so that servers which are slow since
they are overloaded are not asked for several times as much.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.client.connection import Connection, Method, OpenChannel
from serving.client.failures import is_absent

Metadata = Callable[[], Sequence[tuple[str, str]]]

_FIRST, _NEXT = (
    1 / 4,
    1 / 16,
)  # of the deadline, until the first call is sent beside, and until each other one
_LEAST = 1.0  # seconds: before nobody is said to hang
_SPARE, _SHARE = 10, 0.1  # so many calls may be sent beside others, and so many for each answer


@dataclass
class Allowance:
    """How many calls may be sent beside others: some, and a share of the answers."""

    answers: int = 0
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """One of them, if there is any left."""
        with self._lock:
            left = self.sent < _SPARE + _SHARE * self.answers
            self.sent += left
            return left

    def add_answer(self) -> None:
        """One more answer."""
        with self._lock:
            self.answers += 1


@dataclass(frozen=True)
class Attempts:
    """How calls on a connection are tried, by threads."""

    connection: Connection
    deadline: float
    """Seconds."""
    allowance: Allowance = field(default_factory=Allowance)
    metadata: Metadata = tuple
    """Called for what goes along with each call."""

    def patience(self, waiting: int) -> float:
        """Seconds until another call is sent beside those that are `waiting`.

        Which server it goes to is left to gRPC, so it may be the one that hangs again: others follow soon.
        """
        return max(_LEAST, _FIRST * self.deadline) if waiting == 1 else _NEXT * self.deadline

    def first_answer(self, method: Method, message: Any, end: float) -> Any:
        """The answer of whoever answers first, until `end` (monotonic seconds).

        Raises:
            grpc.RpcError: all have failed; the last one's.
        """
        ended: queue.SimpleQueue[tuple[Any, OpenChannel]] = queue.SimpleQueue()
        with contextlib.ExitStack() as stack:

            def send() -> OpenChannel:
                channel = stack.enter_context(self.connection.channel())
                call = method.on(channel.grpc).future(
                    message, timeout=max(end - time.monotonic(), 0.001), metadata=self.metadata()
                )
                stack.callback(call.cancel)
                call.add_done_callback(lambda call: ended.put((call, channel)))
                return channel

            newest, waiting = send(), 1
            while True:
                try:
                    call, channel = ended.get(timeout=self.patience(waiting))
                except queue.Empty:
                    if self.may_ask_beside(newest, end):
                        newest, waiting = send(), waiting + 1
                    continue
                waiting -= 1
                error = call.exception()
                self.learn(channel, error)
                if error is None:
                    return call.result()
                if not waiting:
                    raise error

    async def first_answer_async(self, method: Method, message: Any, end: float) -> Any:
        """As `first_answer`, on the event loop."""
        channels: dict[asyncio.Task[Any], OpenChannel] = {}
        with contextlib.ExitStack() as stack:

            def send() -> OpenChannel:
                channel = stack.enter_context(self.connection.channel())
                call = method.on(channel.grpc)(
                    message, timeout=max(end - time.monotonic(), 0.001), metadata=self.metadata()
                )
                task = asyncio.ensure_future(_awaited(call))
                stack.callback(task.cancel)
                channels[task] = channel
                return channel

            newest = send()
            while True:
                done, _ = await asyncio.wait(
                    channels, timeout=self.patience(len(channels)), return_when=asyncio.FIRST_COMPLETED
                )
                if not done and self.may_ask_beside(newest, end):
                    newest = send()
                for task in done:
                    error = task.exception()
                    self.learn(channels.pop(task), error)
                    if error is None:
                        return task.result()
                    if not channels:
                        raise error

    def may_ask_beside(self, channel: OpenChannel, end: float) -> bool:
        """Whether to send a call beside one on `channel` that is not answered; the next goes elsewhere."""
        if end - time.monotonic() < _LEAST or not self.allowance.take():
            return False
        self.connection.renew(channel, hangs=True)
        return True

    def learn(self, channel: OpenChannel, error: BaseException | None) -> None:
        """What the end of a call says about its channel."""
        if is_absent(error):
            self.connection.renew(channel)
        elif error is None:
            self.allowance.add_answer()
            self.connection.prove(channel)


async def _awaited(call: Any) -> Any:
    return await call
