"""grpc.health.v1.Health, as the library has it, but for how it ends."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
from grpc_health.v1 import health, health_pb2


class HealthService(health.HealthServicer):
    """Ends the watchers' streams when the server goes: left open, they would hold up the drain."""

    def __init__(self) -> None:
        super().__init__(experimental_non_blocking=False)  # the other way has no end to its streams
        self._leaving = False

    def Watch(  # noqa: N802 - the name of the RPC
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> Iterator[health_pb2.HealthCheckResponse]:
        for response in super().Watch(request, context):
            yield response
            if self._leaving:
                return

    def leave(self) -> None:
        """NOT_SERVING from now on, to everybody."""
        self._leaving = True
        self.enter_graceful_shutdown()
