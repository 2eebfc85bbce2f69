"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
import tenacity

from serving.client.base import BaseClient
from serving.client.connection import Connection, Method
from serving.client.inputs import sampling
from serving.client.passages import Joined, Passages
from serving.client.requests import (
    ALIGN,
    EXPLAIN,
    N_BEST,
    Alignment,
    Alternatives,
    Answer,
    Explanation,
    SignatureReader,
    Translation,
    answers,
    batches,
    request,
)
from serving.client.status import (
    METADATA,
    PREDICT,
    STATUS,
    VersionState,
    metadata_request,
    signatures,
    states,
)
from serving.client.tls import channels
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire


class AsyncClient(BaseClient):
    """As `Client`, with coroutines; belongs to the event loop in which it is made."""

    def _connect(self) -> Connection:
        self._closing: set[asyncio.Future[None]] = set()
        return Connection(self.address, channels(grpc.aio, self._tls), self._close)

    def _close(self, channel: grpc.aio.Channel) -> asyncio.Future[None]:
        closing = asyncio.ensure_future(channel.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return closing

    async def _call(self, method: Method, message: Any, started: float | None = None) -> Any:
        """The answer, tried for until the deadline, which counts from `started` (monotonic) or now."""
        started = time.monotonic() if started is None else started
        end = started + self.settings.deadline
        async for attempt in tenacity.AsyncRetrying(**self._policy(started)):
            with attempt:
                response = await self._attempts.first_answer_async(method, message, end)
                return self._read(response)
        raise AssertionError("retrying returns or raises")

    def _read(self, response: Any) -> Any:
        if response is None:  # This gRPC logs what it cannot decode; the other one fails the call.
            raise RequestError(
                f"the answer of the server at {self.address} cannot be read: is it a TensorFlow Serving?"
            )
        return response

    async def _answer(
        self, signature: SignatureReader[Answer], sources: Sequence[str], *, directed: bool
    ) -> list[Answer]:
        """The canary's answer to its share of requests, if it has one; else that of the settings' label."""
        started = time.monotonic()
        message = request(self.settings, signature, sources, directed=directed)
        if chosen := self._for_canary(message):
            with contextlib.suppress(grpc.RpcError, RequestError):
                tried = await self._attempts.first_answer_async(PREDICT, *chosen)
                return answers(signature, self._read(tried), len(sources))
        return answers(signature, await self._call(PREDICT, message, started), len(sources))

    async def _ask(self, signature: SignatureReader[Answer], sources: Sequence[str]) -> list[Answer]:
        directed = self._directed
        try:
            return await self._answer(signature, sources, directed=directed)
        except grpc.RpcError as error:
            if self._was_other(error, directed):
                return await self._ask(signature, sources)
            first, second = self._halves(error, sources)
            return await self._ask(signature, first) + await self._ask(signature, second)

    async def _stream(
        self, signature: SignatureReader[Answer], sources: Iterable[str]
    ) -> AsyncGenerator[Answer, None]:
        waiting: deque[asyncio.Task[list[Answer]]] = deque()
        try:
            for batch in batches(sources, self.settings.batch_size):
                if len(waiting) == self.settings.in_flight:
                    for answer in await waiting.popleft():
                        yield answer
                waiting.append(asyncio.create_task(self._ask(signature, batch)))
            while waiting:
                for answer in await waiting.popleft():
                    yield answer
        finally:
            for task in waiting:
                task.cancel()

    async def _passed(
        self, signature: SignatureReader[Answer], sources: Iterable[str], join: Joined[Answer] | None
    ) -> AsyncIterator[Answer]:
        passages = Passages(self.settings, sources, join)
        async with contextlib.aclosing(self._stream(signature, passages.rows())) as stream:
            async for answer in stream:
                for whole in passages.finished(answer):
                    yield whole

    async def translate(
        self, sources: Iterable[str], *, must_contain: Sequence[str] = (), prefix: str = ""
    ) -> list[Translation]:
        """One translation a source, in order; see `Client.translate`."""
        stream = self.translate_stream(sources, must_contain=must_contain, prefix=prefix)
        return [answer async for answer in stream]

    def translate_stream(
        self, sources: Iterable[str], *, must_contain: Sequence[str] = (), prefix: str = ""
    ) -> AsyncIterator[Translation]:
        """As `translate`, for any number of sources."""
        signature, join = self._translating(must_contain, prefix)
        return self._passed(signature, sources, join)

    async def n_best(self, sources: Iterable[str]) -> list[Alternatives]:
        """The model's K hypotheses of each source, best first; of several sentences the K best choices."""
        return [answer async for answer in self.n_best_stream(sources)]

    def n_best_stream(self, sources: Iterable[str]) -> AsyncIterator[Alternatives]:
        """As `n_best`, for any number of sources."""
        return self._passed(N_BEST, sources, self._join_alternatives)

    async def explain(self, sources: Iterable[str]) -> list[Explanation]:
        """Pieces and attention of each source's translation; a source is never split here."""
        return [answer async for answer in self._passed(EXPLAIN, sources, None)]

    async def sample(
        self,
        sources: Iterable[str],
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> list[Alternatives]:
        """Translations of each source that are drawn by chance; see `Client.sample`."""
        stream = self.sample_stream(sources, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed)
        return [answer async for answer in stream]

    def sample_stream(
        self,
        sources: Iterable[str],
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> AsyncIterator[Alternatives]:
        """As `sample`, for any number of sources."""
        signature = sampling(temperature, top_k, top_p, seed)
        return self._passed(signature, sources, self._join_samples)

    async def align(self, sources: Iterable[str]) -> list[Alignment]:
        """Which piece of each source each piece of its translation comes from; see `Client.align`."""
        return [answer async for answer in self.align_stream(sources)]

    def align_stream(self, sources: Iterable[str]) -> AsyncIterator[Alignment]:
        """As `align`, for any number of sources."""
        return self._passed(ALIGN, sources, None)

    async def served_version(self) -> int:
        """The version that answers."""
        return int((await self._model_metadata()).model_spec.version.value)

    async def signatures(self) -> tuple[str, ...]:
        """Names of the model's signatures, sorted."""
        return signatures(await self._model_metadata())

    async def status(self) -> list[VersionState]:
        """Every version that the server knows of, newest first."""
        return states(await self._explained(STATUS, self._status_request()), self.address)

    async def relay(self, path: str, message: bytes) -> bytes:
        """The answer to a request as it goes over the wire, tried for as any other and not read.

        Raises:
            grpc.RpcError: there is none; as the server says it, if there is one.
        """
        return bytes(await self._call(Method(path), message))

    async def _model_metadata(self) -> wire.GetModelMetadataResponse:
        return await self._explained(METADATA, metadata_request(self.settings.spec()))

    async def _explained(self, method: Method, message: Any) -> Any:
        with self._explaining():
            return await self._call(method, message)

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        await asyncio.gather(*self._closing)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
