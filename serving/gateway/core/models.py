"""The models that are asked: one client for each, and what their errors mean here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import grpc

from serving.client import Alignment, Alternatives, AsyncClient, Explanation, Tls, Translation
from serving.errors import NoSignatureError, ServingError, UnreachableError
from serving.gateway.core.breaker import Breakers
from serving.gateway.core.errors import Fault, GatewayError, RefusedError, unavailable
from serving.gateway.core.offer import Route
from serving.gateway.core.settings import Limits
from serving.gateway.core.traces import Traces
from texts.cascade import Rendering

_AGAIN = 2.0
"""Seconds after which who was not answered may ask again."""
_NO_LABEL = "Unrecognized servable version label"
"""As TensorFlow Serving says that no version has it."""


@dataclass(frozen=True)
class Rendered:
    """A model's answers to rows [B], and the versions that gave them: several while a label moves."""

    renderings: list[Rendering]
    versions: set[int]
    is_plain: bool = False
    """Whether alignments were wanted and promised by the card, and the version that was asked says none."""


class Models:
    """Clients of the models, made when they are first needed; of one event loop.

    Rows of several requests are not joined here. TensorFlow Serving's batching does it, for all gateways in
    front of it at once and without a wait that this one would add to every request; and here a request's
    deadline and its cancellation stay its own, where rows of others would have to go on without it.
    """

    def __init__(self, limits: Limits, tls: Tls | None, breakers: Breakers, traces: Traces) -> None:
        """
        Raises:
            TlsError: its files cannot be used.
        """
        self._limits = limits
        self._tls = tls
        self._breakers = breakers
        self._traces = traces
        if tls is not None:
            tls.credentials()
        self._clients: dict[tuple[object, ...], AsyncClient] = {}

    def _client(self, route: Route, label: str) -> AsyncClient:
        # Without what the card of a version says: a client would stay connected for each that was promoted.
        key = (route.address, route.model, label, route.source, route.target, route.to)
        if key not in self._clients:
            self._clients[key] = AsyncClient(
                route.address,
                model=route.model,
                label=label,
                deadline=self._limits.deadline,
                batch_size=self._limits.rows,
                split=False,  # the rows are sentences
                source_language=route.source,
                target_language=route.target,
                to=route.to,
                tls=self._tls,
                metadata=self._traces.metadata,
            )
        return self._clients[key]

    async def render(
        self,
        route: Route,
        label: str,
        rows: Sequence[str],
        *,
        wished: str | None = None,
        alternatives: int = 0,
        aligned: bool = False,
    ) -> Rendered:
        """Rows [B], a sentence each, with up to so many `alternatives`, or else with word alignments where
        the version that answers has them and they are wanted (`aligned`). `wished`: the label that the
        request has named.

        Raises:
            GatewayError: UNAVAILABLE, TIMEOUT, INVALID where no version has the label that was wished for,
                or FAILED with what the server says.
        """
        with self._breakers.of(route.address).asking(), _in_our_words(wished):
            client = self._client(route, label)
            if alternatives:
                several = await client.n_best(rows)
                renderings = [
                    Rendering(
                        hypotheses.texts[0],
                        hypotheses.scores[0],
                        hypotheses.truncated,
                        hypotheses.texts[1 : alternatives + 1],
                    )
                    for hypotheses in several
                ]
                return Rendered(renderings, _versions(several))
            is_linked = aligned and route.has_align
            if is_linked:
                # While a label moves, another version answers than the one whose card the route has.
                with suppress(NoSignatureError):
                    links = await client.align(rows)
                    aligned_rows = [
                        Rendering(linked.text, linked.score, linked.truncated, alignment=linked.words)
                        for linked in links
                    ]
                    return Rendered(aligned_rows, _versions(links))
            single = await client.translate(rows)
            return Rendered(
                [
                    Rendering(translation.text, translation.score, translation.truncated)
                    for translation in single
                ],
                _versions(single),
                is_plain=is_linked,
            )

    async def explain(self, route: Route, label: str, row: str, *, wished: str | None = None) -> Explanation:
        """Pieces of a row and of its translation, and where the model looked. As `render`."""
        with self._breakers.of(route.address).asking(), _in_our_words(wished):
            [explanation] = await self._client(route, label).explain([row])
            return explanation

    async def relay(self, route: Route, label: str, path: str, message: bytes) -> bytes:
        """A request to a route's model server and its answer, both as they are; `label` does not change them.

        Raises:
            GatewayError: UNAVAILABLE or TIMEOUT.
            RefusedError: what the model server says instead of an answer.
        """
        with self._breakers.of(route.address).asking():
            try:
                return await self._client(route, label).relay(path, message)
            except grpc.RpcError as error:
                if (refused := _absence(error.code())) is not None:
                    raise refused from error
                raise RefusedError(error.code().name, error.details() or "") from error

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))
        self._clients.clear()


def _versions(answers: Sequence[Translation | Alternatives | Alignment]) -> set[int]:
    return {answer.version for answer in answers if answer.version is not None}


def _absence(code: grpc.StatusCode | None) -> GatewayError | None:
    """What it means that nobody has answered; None: somebody has."""
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return GatewayError(Fault.TIMEOUT, "the model server did not answer in time")
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return unavailable(_AGAIN)
    return None


@contextmanager
def _in_our_words(wished: str | None) -> Iterator[None]:
    try:
        yield
    except ServingError as error:
        cause = error.__cause__
        code = cause.code() if isinstance(cause, grpc.RpcError) else None
        if isinstance(error, UnreachableError):
            raise _absence(code) or unavailable(_AGAIN) from error
        if wished is not None and isinstance(cause, grpc.RpcError) and _NO_LABEL in (cause.details() or ""):
            raise GatewayError(
                Fault.INVALID, f"no version has the label {wished!r} now: ask without a label"
            ) from error
        # What it says may name addresses and models: it is for the log.
        raise GatewayError(Fault.FAILED, "the model server refused the request") from error
