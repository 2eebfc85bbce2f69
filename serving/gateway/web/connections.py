"""Connections: how long a gateway waits for the other side, and what it does not take from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

import h11
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from serving.gateway.core.errors import Fault
from serving.gateway.web.exchange import as_json

_GOODBYE_SECONDS = 1.0


class PatientProtocol(H11Protocol):
    """uvicorn's, whose patience has an end: it waits for ever for headers that do not end, reads for ever
    what comes after an answer, and keeps for ever an answer that nobody takes; of TLS it waits for the other
    side's goodbye, before Python 3.11 for ever. Each would be a connection that costs its other side nothing.
    """

    seconds: ClassVar[float]
    """Without a step forward."""
    _owed: asyncio.TimerHandle | None = None
    _is_silent = True
    """Whether nothing has come yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request as long as for a further one."""
        super().connection_made(transport)
        self._wait_for(self.timeout_keep_alive)

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of what has begun to come."""
        if self._is_silent:
            self._is_silent = False
            self._wait_for(None)
        super().data_received(data)
        self._mind()

    def on_response_complete(self) -> None:
        """Wait for the rest of a request that was answered before it had all come."""
        super().on_response_complete()
        self._mind()
        self._part()

    def shutdown(self) -> None:
        """The gateway leaves: what is between two requests closes."""
        super().shutdown()
        self._part()

    def timeout_keep_alive_handler(self) -> None:
        """No further request has come."""
        super().timeout_keep_alive_handler()
        self._part()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._wait_for(None)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Much of an answer has not been taken yet."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _mind(self) -> None:
        is_between = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if self._is_answering() or is_between:
            self._wait_for(None)
        elif self._owed is None:  # However much comes meanwhile.
            self._wait_for(self.seconds)

    def _part(self) -> None:
        """Wait no longer than that for TLS's goodbye, where the connection closes."""
        if self.transport.is_closing():
            self._wait_for(_GOODBYE_SECONDS)

    def _wait_for(self, seconds: float | None) -> None:
        if self._owed is not None:
            self._owed.cancel()
        self._owed = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._owed = None
        if self.transport.get_write_buffer_size():
            self._wait_for(self.seconds)  # It is still taking its answer: `_watch`.
        else:
            self.transport.abort()

    def _watch(self, bytes_left: int) -> None:
        """Give up where nothing is taken of what is left to be sent."""

        def look() -> None:
            now_left = self.transport.get_write_buffer_size()
            if now_left >= bytes_left:
                self.transport.abort()
            elif now_left:
                self._watch(now_left)

        if not self.transport.is_closing() and bytes_left:
            self.loop.call_later(self.seconds, look)


def patient(seconds: float) -> type[PatientProtocol]:
    """The protocol that waits so long."""
    return type("Patient", (PatientProtocol,), {"seconds": seconds})


class ClearlyFramed:
    """Refuses a request that says twice where it ends: a proxy in front may take the one and the gateway the
    other, and a part of its body for the next request, of somebody else (RFC 9112, 6.1).
    """

    def __init__(self, app: ASGIApp, finished: Callable[[Request, Fault, Response], Response]) -> None:
        """`finished`: gives an answer what belongs to one."""
        self._app = app
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and close the connection, or let it pass."""
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope.get("headers", ())}:
            refused = {"error": "Content-Length and Transfer-Encoding contradict each other"}
            response = as_json(refused, 400, {"Connection": "close"})
            await self._finished(Request(scope), Fault.INVALID, response)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
