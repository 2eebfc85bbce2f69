"""A call's message is waited for as a body over HTTP is: gRPC waits for ever, and as many calls that do not
go on as the port has places, of whomever, would take it from everybody else.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

_Answer = Callable[[Any, Any], Awaitable[Any]]
_Answers = Callable[[Any, Any], AsyncIterator[Any]]
_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]
_Late = Callable[[], None]


class Patience(grpc.aio.ServerInterceptor):
    """Ends calls whose messages do not all come in time, with DEADLINE_EXCEEDED. A coroutine that reads a
    stream by its context minds that itself.
    """

    def __init__(self, seconds: float, count: Callable[[str], None]) -> None:
        """`count`: told the path, `/SERVICE/METHOD`, of each call that is ended."""
        self._seconds = seconds
        self._count = count

    async def intercept_service(self, continuation: _Continuation, details: grpc.HandlerCallDetails) -> Any:
        """The method's handler, which gets its message, or its stream of them, in time."""
        handler = await continuation(details)
        if handler is None:
            return None
        coded = (handler.request_deserializer, handler.response_serializer)
        late = functools.partial(self._count, details.method)
        if handler.unary_unary:
            return grpc.stream_unary_rpc_method_handler(self._of_message(handler.unary_unary, late), *coded)
        if handler.unary_stream:
            return grpc.stream_stream_rpc_method_handler(self._of_message(handler.unary_stream, late), *coded)
        if handler.stream_stream and inspect.isasyncgenfunction(handler.stream_stream):
            return grpc.stream_stream_rpc_method_handler(self._of_stream(handler.stream_stream, late), *coded)
        return handler

    def _of_message(self, answer: _Answer, late: _Late) -> _Answer:
        async def in_time(_requests: object, context: grpc.aio.ServicerContext) -> Any:
            message = await self._message(context, self._seconds, late)
            if message is grpc.aio.EOF:  # It was too large, as the client knows by now, or there was none.
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call has no message")
            return await answer(message, context)

        return in_time

    def _of_stream(self, answer: _Answers, late: _Late) -> _Answers:
        async def in_time(_requests: object, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
            async for response in answer(self._messages(context, late), context):
                yield response

        return in_time

    async def _messages(self, context: grpc.aio.ServicerContext, late: _Late) -> AsyncIterator[Any]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        while (message := await self._message(context, end - loop.time(), late)) is not grpc.aio.EOF:
            yield message

    async def _message(self, context: grpc.aio.ServicerContext, seconds: float, late: _Late) -> Any:
        try:
            return await asyncio.wait_for(context.read(), seconds)
        except asyncio.TimeoutError:
            late()
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the call's message did not all come within {self._seconds:g} s",
            )
