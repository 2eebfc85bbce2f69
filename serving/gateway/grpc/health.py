"""grpc.health.v1.Health of the gateway: Check, and no Watch."""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.gateway.web.service import Service

_Status = health_pb2.HealthCheckResponse


class HealthService(health_pb2_grpc.HealthServicer):
    """Says what `/health/ready` says; asks nobody for a key."""

    def __init__(self, service: Service, names: Iterable[str]) -> None:
        """`names`: of the services that may be asked for; the empty one is the whole gateway."""
        self._service = service
        self._names = {"", *names}

    async def Check(  # noqa: N802 - the name of the RPC
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        if request.service not in self._names:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service here")
        return _Status(status=_Status.SERVING if self._service.is_ready else _Status.NOT_SERVING)

    async def Watch(  # noqa: N802
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> None:
        """Refused, as the protocol allows: a stream that is open for ever keeps the gateway from ending."""
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Watch is not served here: use Check")
