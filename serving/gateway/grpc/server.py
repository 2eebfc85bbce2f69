"""The gRPC server: its port, its services, its end."""

from __future__ import annotations

import asyncio

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from serving.gateway.core.errors import Fault, GatewaySettingsError
from serving.gateway.core.settings import GatewaySettings, Limits
from serving.gateway.grpc.answering import CODES
from serving.gateway.grpc.calls import MODEL, PREDICTION, TRANSLATION, call_of
from serving.gateway.grpc.doors import Doors
from serving.gateway.grpc.health import HealthService
from serving.gateway.grpc.patience import Patience
from serving.gateway.grpc.relay import Relay
from serving.gateway.grpc.translation import TranslationService
from serving.gateway.web.service import Service
from serving.wire import translation_pb2_grpc

_MORE = 64
"""Calls at once, above those that may run and wait, that are refused in our words; further ones in gRPC's."""
_IDLE_SECONDS = 75
"""Without a call, after which a connection is closed, as over HTTP; clients make another when they call."""
_CONNECTION_SECONDS = 3600
"""After which a client has to make another connection, also one that is never idle: else those who came
before a gateway was added would never ask it. Calls that run then may take as long as any may."""
_MOST = (1 << 31) - 1


class GrpcServer:
    """One server; of one event loop, beside the HTTP server."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._server: grpc.aio.Server | None = None
        self._ending: asyncio.Future[None] | None = None

    async def start(self) -> str | None:
        """Open the port of the settings, if they have one; HOST:PORT.

        Raises:
            GatewaySettingsError: it cannot be opened.
        """
        settings = self._service.settings
        if settings.grpc_port is None:
            return None
        limits = settings.limits
        expected = limits.running + limits.waiting + limits.document_running + limits.document_waiting
        self._server = server = grpc.aio.server(
            maximum_concurrent_rpcs=expected + _MORE,
            interceptors=(Doors(self._service), Patience(limits.body_seconds, self._count_late)),
            options=(
                # Another process that has the port is no other half of this one.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limits.body_bytes),
                ("grpc.max_send_message_length", -1),
                # gRPC takes two minutes for the one, and waits for ever for the other.
                ("grpc.server_handshake_timeout_ms", min(round(1000 * limits.body_seconds), _MOST)),
                ("grpc.max_connection_idle_ms", _IDLE_SECONDS * 1000),
                ("grpc.max_connection_age_ms", _CONNECTION_SECONDS * 1000),
                ("grpc.max_connection_age_grace_ms", min(round(1000 * _longest_call(limits)), _MOST)),
            ),
        )
        self._add_services(server)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        certificate = self._service.certificate
        try:
            if certificate is None:
                port = server.add_insecure_port(f"{host}:{settings.grpc_port}")
            else:
                port = server.add_secure_port(f"{host}:{settings.grpc_port}", certificate.credentials())
        except RuntimeError:
            port = 0
        if not port:  # As an older gRPC says that there is none.
            raise cannot_listen(settings)
        await server.start()
        return f"{host}:{port}"

    def _count_late(self, path: str) -> None:
        """A call whose message did not come in time, among those that are answered: nobody else has it."""
        call, seconds = call_of(path), self._service.settings.limits.body_seconds
        metrics, status = self._service.metrics, CODES[Fault.TOO_SLOW].name
        metrics.request(call.interface, call.name, status, seconds)
        metrics.fault(call.interface, call.name, Fault.TOO_SLOW)

    def _add_services(self, server: grpc.aio.Server) -> None:
        names = (TRANSLATION, PREDICTION, MODEL)
        server.add_generic_rpc_handlers(Relay(self._service).handlers())
        translation_pb2_grpc.add_TranslationServiceServicer_to_server(
            TranslationService(self._service), server
        )
        health_pb2_grpc.add_HealthServicer_to_server(HealthService(self._service, names), server)
        reflection.enable_server_reflection(
            (TRANSLATION, health.SERVICE_NAME, reflection.SERVICE_NAME), server
        )

    def drain(self) -> asyncio.Future[None]:
        """Take nothing new; done when what runs has ended, or had `drain_seconds` for it."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._stop())
        return self._ending

    async def _stop(self) -> None:
        if self._server is not None:
            await self._server.stop(self._service.settings.drain_seconds)


def _longest_call(limits: Limits) -> float:
    """Seconds from a call's first byte to its last at most: a document's, whose answers are taken late."""
    return limits.document_seconds + 2 * limits.body_seconds


def cannot_listen(settings: GatewaySettings) -> GatewaySettingsError:
    """Its port is somebody else's."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return GatewaySettingsError(
        f"cannot listen on {host}:{settings.grpc_port} for gRPC: give another --grpc-port, or `grpc_port` in "
        "the settings"
    )
