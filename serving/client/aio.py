"""The asyncio client: the same answers and the same policy as the blocking one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

import grpc
import tenacity

from serving.client.calls import CHANNEL_OPTIONS, CallOptions, Deadline, batches, raise_ours, retry_policy
from serving.client.codec import (
    Explanation,
    Target,
    Translation,
    predict_request,
    read_explanations,
    read_n_best,
    read_translations,
)
from serving.wire import Stub, messages

Row = TypeVar("Row")


class AsyncClient:
    """As `Client`, for an event loop."""

    def __init__(
        self,
        address: str,
        model: str,
        *,
        label: str | None = None,
        version: int | None = None,
        options: CallOptions | None = None,
    ) -> None:
        """`address` is host:port, or `dns:///host:port` to spread requests over all replicas behind a name."""
        self._address, self._options = address, options or CallOptions()
        self._target = Target(model, label, version)
        self._channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = Stub(self._channel)
        self._slots = asyncio.Semaphore(self._options.in_flight)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close()

    async def translate(self, sources: Sequence[str]) -> list[Translation]:
        """One translation for each source, in order; errors as those of `Client.translate`."""
        return await self._gather(sources, "serving_default", read_translations)

    async def n_best(self, sources: Sequence[str]) -> list[list[Translation]]:
        """All hypotheses of the beam for each source, the best first."""
        return await self._gather(sources, "n_best", read_n_best)

    async def explain(self, sources: Sequence[str]) -> list[Explanation]:
        """The pieces of each source and translation, and the attention between them."""
        return await self._gather(sources, "explain", read_explanations)

    async def _gather(
        self, sources: Sequence[str], signature: str, read: Callable[[messages.PredictResponse], list[Row]]
    ) -> list[Row]:
        cut = batches(sources, self._options.batch_size)
        answers = await asyncio.gather(*(self._predict(batch, signature) for batch in cut))
        return [row for answer in answers for row in read(answer)]

    async def _predict(self, sources: list[str], signature: str) -> Any:
        request = predict_request(sources, self._target, signature)
        async with self._slots:
            deadline = Deadline(self._options.deadline)
            retrying = tenacity.AsyncRetrying(**retry_policy(self._options.deadline))  # type: ignore[arg-type]

            async def attempt() -> messages.PredictResponse:
                return await self._stub.predict(request, timeout=deadline.left())

            try:
                return await retrying(attempt)
            except grpc.RpcError as error:
                raise_ours(error, self._address, self._target)
