"""grpc.health.v1.Health for those who ask: Check, and no Watch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


class HealthService(health_pb2_grpc.HealthServicer):
    """Its door opens once every model is loaded and closes with the drain: who is let in hears SERVING."""

    def __init__(self, services: Iterable[str]) -> None:
        """`services`: the names that may be asked for; the empty one is the whole server."""
        self._services = frozenset(services)

    def Check(  # noqa: N802 - the name of the RPC
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        if request.service not in self._services:
            context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service: {request.service}")
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)

    def Watch(  # noqa: N802
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> NoReturn:
        """Refused, as the protocol allows: each open stream would take a place from the translations."""
        del request
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Watch is not served here: use Check")
        raise AssertionError("abort raises")
