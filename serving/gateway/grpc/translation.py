"""Our own service, `dragoman.translation.v1`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import grpc

from serving.gateway.core.admission import Admission
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.shares import Shares
from serving.gateway.core.wish import RequestOutcome, Wish
from serving.gateway.grpc import messages
from serving.gateway.grpc.answering import answering, label_of
from serving.gateway.grpc.calls import TRANSLATION, call_of
from serving.gateway.grpc.sender import Sender
from serving.gateway.web.inquiry import Inquiry
from serving.gateway.web.languages import english_name
from serving.gateway.web.service import Service
from serving.wire import translation_pb2 as wire
from serving.wire import translation_pb2_grpc

_AHEAD = 4
"""Parts of a document that are under way while the first of them is waited for. Further ones are not read,
which makes the client wait: gRPC's flow control."""


class TranslationService(translation_pb2_grpc.TranslationServiceServicer):
    """As `serving/wire/translation.proto` has it; of one event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        limits = service.settings.limits
        self._documents = Admission(limits.document_running, limits.document_waiting)
        self._shares = Shares(limits.document_running + limits.document_waiting)

    def _answering(
        self, context: grpc.aio.ServicerContext, name: str
    ) -> contextlib.AbstractAsyncContextManager[Inquiry]:
        return answering(self._service, context, call_of(f"/{TRANSLATION}/{name}"))

    async def Translate(  # noqa: N802 - the names of the RPCs
        self, request: wire.TranslateRequest, context: grpc.aio.ServicerContext
    ) -> wire.TranslateResponse:
        async with self._answering(context, "Translate") as inquiry:
            if not request.texts:
                raise GatewayError(Fault.INVALID, "missing: texts")
            wish = messages.wish(request.texts, request.options, label_of(context))
            outcome = await self._service.translate(inquiry, wish)
            return wire.TranslateResponse(
                answers=map(messages.answer, outcome.answers),
                target=outcome.target,
                label=outcome.label,
                milliseconds=outcome.milliseconds,
                request=inquiry.id,
            )

    async def TranslateDocument(  # noqa: N802
        self, requests: AsyncIterator[wire.TranslateDocumentRequest], context: grpc.aio.ServicerContext
    ) -> None:
        del requests  # Read one at a time, by the context.
        limits = self._service.settings.limits
        async with self._answering(context, "TranslateDocument") as inquiry:
            try:
                await asyncio.wait_for(self._document(context, inquiry), limits.document_seconds)
            except asyncio.TimeoutError:
                raise GatewayError(
                    Fault.TIMEOUT, f"not translated within {limits.document_seconds:g} s: send it in parts"
                ) from None

    async def _document(self, context: grpc.aio.ServicerContext, inquiry: Inquiry) -> None:
        sender = Sender(context, self._service.settings.limits.body_seconds)
        first = await sender.read()  # Who has not sent anything yet has no place.
        if first is None:
            return
        async with contextlib.AsyncExitStack() as place:
            place.enter_context(self._shares.of(inquiry.key))
            await place.enter_async_context(self._documents.place())
            parts: asyncio.Queue[asyncio.Future[RequestOutcome] | None] = asyncio.Queue(_AHEAD)
            under_way: set[asyncio.Future[RequestOutcome]] = set()

            def end(translated: asyncio.Future[RequestOutcome]) -> None:
                under_way.discard(translated)
                if not translated.cancelled():
                    translated.exception()  # Where a part before has failed, nobody else asks for it.

            async def begin() -> None:
                try:
                    async for wish in self._wishes(first, sender, under_way, label_of(context)):
                        translated = asyncio.ensure_future(self._service.translate_part(inquiry, wish))
                        under_way.add(translated)
                        translated.add_done_callback(end)
                        await parts.put(translated)
                    await parts.put(None)
                except Exception as error:  # What came before is answered first.
                    refused = asyncio.get_running_loop().create_future()
                    refused.set_exception(error)
                    await parts.put(refused)

            beginning = asyncio.ensure_future(begin())
            try:
                while (translated := await parts.get()) is not None:
                    outcome = await translated
                    answers = map(messages.answer, outcome.answers)
                    await sender.write(
                        wire.TranslateDocumentResponse(
                            answers=answers, target=outcome.target, label=outcome.label
                        )
                    )
            finally:
                beginning.cancel()
                for part in under_way:
                    part.cancel()

    async def _wishes(
        self,
        first: wire.TranslateDocumentRequest,
        sender: Sender,
        under_way: set[asyncio.Future[RequestOutcome]],
        label: str | None,
    ) -> AsyncIterator[Wish]:
        """What is wanted of each part that has texts.

        Raises:
            GatewayError: INVALID, TOO_LARGE, or TOO_SLOW where the next part does not come.
        """
        most = self._service.settings.limits.document_characters
        characters = 0
        part: wire.TranslateDocumentRequest | None = first
        while part is not None:
            if part is not first and part.HasField("options"):
                raise GatewayError(Fault.INVALID, "only the first part of a document has options")
            wish = messages.wish(part.texts, first.options, label)
            characters += wish.characters
            if characters > most:
                raise GatewayError(Fault.TOO_LARGE, f"the document has more than {most} characters")
            if wish.texts:
                yield wish
            part = await sender.read(under_way)

    async def Detect(  # noqa: N802
        self, request: wire.DetectRequest, context: grpc.aio.ServicerContext
    ) -> wire.DetectResponse:
        async with self._answering(context, "Detect") as inquiry:
            if not request.texts:
                raise GatewayError(Fault.INVALID, "missing: texts")
            response = wire.DetectResponse()
            for detected in await self._service.detect(inquiry, request.texts):
                candidates = response.texts.add().candidates
                for candidate in detected:
                    candidates.add(language=candidate.language, confidence=candidate.confidence)
            return response

    async def Languages(  # noqa: N802
        self, request: wire.LanguagesRequest, context: grpc.aio.ServicerContext
    ) -> wire.LanguagesResponse:
        del request
        async with self._answering(context, "Languages"):
            offer, settings = self._service.offers.now, self._service.settings
            response = wire.LanguagesResponse(keys=settings.keys, characters=settings.limits.characters)
            for code in offer.languages:
                response.languages.add(code=code, name=english_name(code), targets=offer.targets(code))
            return response
