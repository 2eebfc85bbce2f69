"""Calls without the key that they need are refused before anything of their message is read: strangers would
else take, for as long as a message may take to come, the places of those who have one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from serving.gateway.core.errors import GatewayError
from serving.gateway.grpc.answering import answering, key_of, said_in
from serving.gateway.grpc.calls import RemoteCall, call_of
from serving.gateway.web.service import Service


class Doors(grpc.aio.ServerInterceptor):
    """Looks at each call's key; those that pass are looked at again when they are answered."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        details: grpc.HandlerCallDetails,
    ) -> Any:
        """The method's handler, or one that refuses."""
        handler, call = await continuation(details), call_of(details.method)
        if handler is not None and call.scope is not None:
            try:
                self._service.callers.admit(key_of(said_in(details.invocation_metadata)), call.scope)
            except GatewayError:
                return grpc.stream_stream_rpc_method_handler(self._refusing(call))
        return handler

    def _refusing(self, call: RemoteCall) -> Callable[[object, grpc.aio.ServicerContext], Awaitable[None]]:
        async def refuse(_requests: object, context: grpc.aio.ServicerContext) -> None:
            async with answering(self._service, context, call):
                pass

        return refuse
