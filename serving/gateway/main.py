"""The gateway's life: open the ports, serve, finish what runs on SIGTERM, leave."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn

from serving.certificate import Certificate
from serving.gateway.app import application, make_service
from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import traces_of
from serving.gateway.grpc.server import GrpcServer, cannot_listen
from serving.gateway.interfaces.base import chosen
from serving.gateway.web.connections import patient
from serving.gateway.web.logs import to_standard_error
from serving.gateway.web.service import Service

_BACKLOG = 2048
_IDLE_SECONDS = 75
"""Longer than proxies hold a connection: else they would send on one that is just being closed."""


@dataclass(frozen=True)
class Started:
    """A gateway whose ports are open."""

    service: Service
    url: str
    grpc_address: str | None
    """HOST:PORT; None: the settings have none."""


class _Server(uvicorn.Server):
    """uvicorn's, with gRPC beside it, which tells the service when it is to leave."""

    def __init__(
        self,
        config: uvicorn.Config,
        service: Service,
        calls: GrpcServer,
        announce: Callable[[str | None], None],
    ) -> None:
        super().__init__(config)
        self._service = service
        self._calls = calls
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the ports."""
        await super().startup(sockets)
        try:
            grpc_address = await self._calls.start()
        except GatewaySettingsError:
            await self.shutdown(sockets)
            raise
        self._announce(grpc_address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End both servers side by side; the application waits for the other one."""
        self._calls.drain()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come."""
        self._service.is_leaving = True
        super().handle_exit(sig, frame)


def check(settings: GatewaySettings) -> None:
    """What keeps a gateway from starting, as far as it can be known before: for whom much comes before it.

    Raises:
        DragomanError: it could not start; says why.
    """
    chosen(settings.interfaces)
    if settings.tls:
        Certificate(settings.tls)
    if settings.tls_to_models:
        settings.tls_to_models.credentials()
    with contextlib.ExitStack() as ports:
        ports.enter_context(_listening(settings))
        if settings.grpc_port is not None:
            ports.enter_context(_listening_for_grpc(settings, settings.grpc_port))


def _listening_for_grpc(settings: GatewaySettings, port: int) -> socket.socket:
    """As `_listening`; for gRPC, which opens the port itself."""
    try:
        return socket.create_server((settings.host, port), family=_family(settings))
    except OSError as error:
        raise cannot_listen(settings) from error


def _family(settings: GatewaySettings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in settings.host else socket.AF_INET


def _listening(settings: GatewaySettings) -> socket.socket:
    """
    Raises:
        GatewaySettingsError: its port cannot be opened.
    """
    try:
        return socket.create_server(
            (settings.host, settings.port), family=_family(settings), backlog=_BACKLOG
        )
    except OSError as error:
        cure = (
            "another gateway may have it; give another --port"
            if error.errno == errno.EADDRINUSE
            else "give another --host or --port"
        )
        why = str(error.strerror).partition(" (while")[0]  # Python says the address again.
        raise GatewaySettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({why}): {cure} "
            "(of `dragoman serve`: --gateway-host, --gateway-port)"
        ) from error


def run(settings: GatewaySettings, announce: Callable[[Started], None]) -> None:
    """Serve until SIGTERM or SIGINT, then let running requests end.

    Args:
        announce: told where it listens, once it does.

    Raises:
        DragomanError: it cannot start; says why.
    """
    to_standard_error()
    service = make_service(settings, traces_of(settings.traces))
    calls = GrpcServer(service)
    app = application(service, calls)
    try:
        listening = _listening(settings)
    except GatewaySettingsError:
        service.database.close()
        raise
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        http=patient(settings.limits.body_seconds),
        ws="none",
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=int(settings.drain_seconds) or 1,
    )
    if service.certificate:
        config.load()
        config.ssl = service.certificate.context
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{'https' if service.certificate else 'http'}://{host}:{listening.getsockname()[1]}"
    server = _Server(config, service, calls, lambda address: announce(Started(service, url, address)))
    # uvicorn raises the signal again when it has ended; to leave so is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    with listening:
        server.run(sockets=[listening])
