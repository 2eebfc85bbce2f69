"""The gateway as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.metadata
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from serving.certificate import Certificate
from serving.gateway import page
from serving.gateway.core.admission import Admission
from serving.gateway.core.broker import Broker
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.greeting import greet
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.threads import Threads
from serving.gateway.core.traces import Traces
from serving.gateway.database.database import Database
from serving.gateway.grpc.server import GrpcServer
from serving.gateway.interfaces.base import chosen
from serving.gateway.web.callers import Callers
from serving.gateway.web.calls import Interface
from serving.gateway.web.connections import ClearlyFramed
from serving.gateway.web.documents import Documents
from serving.gateway.web.exchange import as_json
from serving.gateway.web.openapi import document
from serving.gateway.web.serve import answer_to_no_call, endpoint
from serving.gateway.web.service import Service

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 30.0
"""Between two looks for documents whose time is over."""


def make_service(settings: GatewaySettings, traces: Traces) -> Service:
    """Everything that the calls need.

    Raises:
        DragomanError: the database cannot be opened, or a certificate cannot be used.
    """
    admission = Admission(settings.limits.running, settings.limits.waiting)
    metrics = Metrics(admission)
    certificate = Certificate(settings.tls) if settings.tls else None
    offers = Offers(settings)
    threads = Threads()
    broker = Broker(settings, offers, admission, metrics, threads, traces)
    database = Database(settings.database)
    callers = Callers(database, settings.keys)
    metrics.follow("keys_age_seconds", "Since the keys were read.", lambda: callers.age)
    documents = Documents(database, broker, offers, settings.limits, threads)
    return Service(
        settings,
        offers,
        admission,
        metrics,
        broker,
        database,
        callers,
        documents,
        threads,
        traces,
        certificate,
    )


def application(service: Service, calls: GrpcServer) -> Starlette:
    """All paths of HTTP; `calls`, which end before what they need does.

    Raises:
        DragomanError: the settings name an interface that there is not.
    """
    interfaces = chosen(service.settings.interfaces)
    routes = [
        Route(call.path, endpoint(service, interface, call), methods=list(call.methods))
        for interface in interfaces
        for call in interface.calls
    ]
    routes += _for_operators(service, interfaces)
    if service.settings.page:
        routes += page.routes({interface.name for interface in interfaces})

    unknown = _unknown(service, interfaces)
    app = Starlette(
        routes=routes,
        lifespan=_lifespan(service, calls),
        exception_handlers={404: unknown, 405: unknown},
    )
    if service.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=service.settings.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=(
                "Authorization",
                "Content-Type",
                "X-Goog-Api-Key",
                "X-Dragoman-Label",
                "X-Request-Id",
            ),
            expose_headers=(
                "X-Request-Id",
                "X-Dragoman-Model",
                "X-Dragoman-Version",
                "X-Dragoman-Label",
                "X-Dragoman-Pivot",
                "X-Dragoman-Truncated",
                "X-Dragoman-Ignored",
                "Server-Timing",
                "Retry-After",
            ),
        )
    app.add_middleware(ClearlyFramed, finished=functools.partial(answer_to_no_call, service))
    # A client that was sent on from `/translate/` would lose what it has posted.
    app.router.redirect_slashes = False
    return app


def _lifespan(
    service: Service, calls: GrpcServer
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """What goes on beside the answers, and in which order all ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.callers.refresh()
        leaving = asyncio.Event()
        looking = _looks(service, leaving)
        greeting = asyncio.ensure_future(greet(service.offers.now.routes, service.settings.tls_to_models))
        try:
            yield
        finally:
            leaving.set()
            greeting.cancel()
            await asyncio.wait([greeting])
            await asyncio.gather(*looking)
            await calls.drain()
            await service.documents.close()
            await service.broker.close()
            service.threads.close()
            await service.callers.refresh()  # what was used is written
            service.database.close()
            await run_in_threadpool(service.traces.close)

    return lifespan


def _looks(service: Service, leaving: asyncio.Event) -> list[asyncio.Future[None]]:
    """At models, keys, documents and the certificate, until `leaving`."""
    settings = service.settings
    looks: list[tuple[Callable[[], Awaitable[None]], float]] = [
        (functools.partial(run_in_threadpool, service.offers.refresh), settings.poll_seconds),
        (service.callers.refresh, settings.key_seconds),
        (service.documents.sweep, _SWEEP_SECONDS),
    ]
    if service.certificate:
        renew = functools.partial(run_in_threadpool, service.certificate.refresh)
        looks.append((renew, settings.poll_seconds))
    return [asyncio.ensure_future(_repeat(look, seconds, leaving)) for look, seconds in looks]


def _unknown(service: Service, interfaces: Sequence[Interface]) -> Callable[[Request, Exception], Response]:
    """What is said of a path, or a method, that is in no interface's table."""

    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path
        is_known = error.status_code == 405
        fault = Fault.WRONG_METHOD if is_known else Fault.NOT_FOUND
        missing = GatewayError(fault, f"{request.method} {path} is not served here")
        whose = (interface for interface in interfaces if path.startswith(interface.prefixes))
        own = next(whose, None)
        response = own.refusal(missing) if own else as_json({"error": str(missing)}, error.status_code)
        if is_known:  # RFC 9110 (15.5.6) wants its methods named.
            response.headers["Allow"] = ", ".join(_methods(request))
        return answer_to_no_call(service, request, fault, response, own.name if own else None)

    return answer


def _methods(request: Request) -> list[str]:
    """Those that a path is served for, whichever call of it each is."""
    routes = [
        route
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is Match.PARTIAL
    ]
    return sorted({method for route in routes for method in route.methods or ()})


async def _repeat(look: Callable[[], Awaitable[None]], seconds: float, leaving: asyncio.Event) -> None:
    """Look at what may change, again and again until the gateway ends, whatever becomes of one look. One that
    has begun is ended: cancelled, its thread would go on and write what is written again afterwards.
    """
    while not leaving.is_set():
        try:
            await asyncio.wait_for(leaving.wait(), seconds)
        except asyncio.TimeoutError:
            try:
                await look()
            except Exception:
                log.exception("a look at what may have changed failed")


def _for_operators(service: Service, interfaces: Sequence[Interface]) -> list[Route]:
    described = document(interfaces, importlib.metadata.version("dragoman"))

    async def metrics(_request: Request) -> Response:
        return Response(service.metrics.page(), media_type=CONTENT_TYPE_LATEST)

    async def spec(_request: Request) -> Response:
        return as_json(described)

    async def live(_request: Request) -> Response:
        return as_json({"status": "ok"})

    async def ready(_request: Request) -> Response:
        if service.is_leaving:
            return as_json({"status": "leaving"}, 503)
        if not service.is_ready:
            return as_json({"status": "nothing to translate with"}, 503)
        return as_json({"status": "ok"})

    return [
        Route("/metrics", metrics),
        Route("/spec", spec),
        Route("/openapi.json", spec),
        Route("/health/live", live),
        Route("/health/ready", ready),
    ]
