"""Who sends a document as a stream of parts: how long they are waited for, and that answers are taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

import grpc

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import RequestOutcome
from serving.wire import translation_pb2 as wire


class Sender:
    """The other side of a stream. It has `seconds` for sending all of its parts, as for the body of a
    request; what passes while parts are being translated does not count. Of one event loop.
    """

    def __init__(self, context: grpc.aio.ServicerContext, seconds: float) -> None:
        self._context = context
        self._seconds = seconds
        self._left = seconds

    async def read(
        self, under_way: Collection[asyncio.Future[RequestOutcome]] = ()
    ) -> wire.TranslateDocumentRequest | None:
        """The next part; None: there is no further one. `under_way`: parts that are being translated, each of
        which leaves it when it is done.

        Raises:
            GatewayError: TOO_SLOW, the time is over.
        """
        reading = asyncio.ensure_future(self._context.read())
        try:
            while not reading.done():
                if under_way:
                    await asyncio.wait({reading, *under_way}, return_when=asyncio.FIRST_COMPLETED)
                    continue
                started = time.monotonic()
                await asyncio.wait({reading}, timeout=max(0.0, self._left))
                self._left -= time.monotonic() - started
                if self._left <= 0 and not reading.done():
                    raise GatewayError(
                        Fault.TOO_SLOW,
                        f"the parts of the document did not all come within {self._seconds:g} s, beside "
                        "what they took to translate: begin when all of them are there",
                    )
            part = reading.result()
            return None if part is grpc.aio.EOF else part
        finally:
            reading.cancel()

    async def write(self, response: wire.TranslateDocumentResponse) -> None:
        """Send the answers to a part.

        Raises:
            GatewayError: TOO_SLOW, those before it are not taken.
        """
        writing = asyncio.ensure_future(self._context.write(response))
        try:
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes as the answers are taken.
            await asyncio.wait({writing}, timeout=self._seconds)
            if not writing.done():
                raise GatewayError(
                    Fault.TOO_SLOW, f"no answers were taken for {self._seconds:g} s: read them as they come"
                )
            writing.result()
        finally:
            writing.cancel()
