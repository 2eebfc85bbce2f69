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

from serving.client import canary
from serving.client.attempts import Attempts
from serving.client.connection import Connection, Method
from serving.client.failures import backoff, explained, may_be_split
from serving.client.passages import Joined, Passages, join_alternatives, join_translations
from serving.client.requests import (
    EXPLAIN,
    N_BEST,
    TRANSLATE,
    Alternatives,
    Answer,
    Explanation,
    Signature,
    Translation,
    answers,
    batches,
    request,
)
from serving.client.settings import DEFAULT_ADDRESS, Settings
from serving.client.status import (
    METADATA,
    PREDICT,
    STATUS,
    VersionState,
    metadata_request,
    signatures,
    states,
)
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire


class AsyncClient:
    """As `Client`, with coroutines; belongs to the event loop in which it is made."""

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        model: str,
        label: str | None = "stable",
        version: int | None = None,
        deadline: float = 30.0,
        batch_size: int = 32,
        in_flight: int = 4,
        wait: float = 1.0,
        canary_share: float = 0.0,
        canary_model: str | None = None,
        split: bool = True,
        source_language: str = "",
        target_language: str = "",
    ) -> None:
        self.address = address
        # fmt: off
        self.settings = Settings(
            model, label, version, deadline, batch_size, in_flight, wait, canary_share, canary_model,
            split, source_language, target_language,
        )
        # fmt: on
        self._closing: set[asyncio.Future[None]] = set()
        self._connection = Connection(address, grpc.aio.insecure_channel, self._close)
        self._attempts = Attempts(self._connection, deadline)

    def _close(self, channel: grpc.aio.Channel) -> asyncio.Future[None]:
        closing = asyncio.ensure_future(channel.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return closing

    async def _call(self, method: Method, message: Any, started: float | None = None) -> Any:
        """The answer, tried for until the deadline, which counts from `started` (monotonic) or now."""
        started = time.monotonic() if started is None else started
        end = started + self.settings.deadline
        policy = backoff(self.settings, started, lambda: self._connection.answered)
        async for attempt in tenacity.AsyncRetrying(**policy):  # type: ignore[arg-type]
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

    async def _answer(self, signature: Signature[Answer], sources: Sequence[str]) -> list[Answer]:
        """The canary's answer to its share of requests, if it has one; else that of the settings' label."""
        started = time.monotonic()
        message = request(self.settings, signature, sources)
        if canary.is_chosen(self.settings):
            with contextlib.suppress(grpc.RpcError, RequestError):
                end = started + canary.patience(self.settings)
                tried = await self._attempts.first_answer_async(
                    PREDICT, canary.addressed(message, self.settings), end
                )
                return answers(signature, self._read(tried), len(sources))
        return answers(signature, await self._call(PREDICT, message, started), len(sources))

    async def _ask(self, signature: Signature[Answer], sources: Sequence[str]) -> list[Answer]:
        try:
            return await self._answer(signature, sources)
        except grpc.RpcError as error:
            if not may_be_split(error, len(sources)):
                raise explained(error, self.address, self.settings) from error
            half = len(sources) // 2
            return await self._ask(signature, sources[:half]) + await self._ask(signature, sources[half:])

    async def _stream(
        self, signature: Signature[Answer], sources: Iterable[str]
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
        self, signature: Signature[Answer], sources: Iterable[str], join: Joined[Answer] | None
    ) -> AsyncIterator[Answer]:
        passages = Passages(self.settings, sources, join)
        async with contextlib.aclosing(self._stream(signature, passages.rows())) as stream:
            async for answer in stream:
                for one in passages.finished(answer):
                    yield one

    async def translate(self, sources: Iterable[str]) -> list[Translation]:
        """One translation a source, in order."""
        return [one async for one in self.translate_stream(sources)]

    def translate_stream(self, sources: Iterable[str]) -> AsyncIterator[Translation]:
        """As `translate`, for any number of sources."""
        return self._passed(TRANSLATE, sources, join_translations if self.settings.split else None)

    async def n_best(self, sources: Iterable[str]) -> list[Alternatives]:
        """The model's K hypotheses of each source, best first; of several sentences the K best choices."""
        return [one async for one in self.n_best_stream(sources)]

    def n_best_stream(self, sources: Iterable[str]) -> AsyncIterator[Alternatives]:
        """As `n_best`, for any number of sources."""
        return self._passed(N_BEST, sources, join_alternatives if self.settings.split else None)

    async def explain(self, sources: Iterable[str]) -> list[Explanation]:
        """Pieces and attention of each source's translation; a source is never split here."""
        return [one async for one in self._passed(EXPLAIN, sources, None)]

    async def served_version(self) -> int:
        """The version that answers."""
        return int((await self._model_metadata()).model_spec.version.value)

    async def signatures(self) -> tuple[str, ...]:
        """Names of the model's signatures, sorted."""
        return signatures(await self._model_metadata())

    async def status(self) -> list[VersionState]:
        """Every version that the server knows of, newest first."""
        message = wire.GetModelStatusRequest(model_spec={"name": self.settings.model})
        return states(await self._explained(STATUS, message), self.address)

    async def _model_metadata(self) -> wire.GetModelMetadataResponse:
        return await self._explained(METADATA, metadata_request(self.settings.spec()))

    async def _explained(self, method: Method, message: Any) -> Any:
        try:
            return await self._call(method, message)
        except grpc.RpcError as error:
            raise explained(error, self.address, self.settings) from error

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
