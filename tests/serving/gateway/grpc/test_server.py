"""The gRPC server's connections."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from serving.gateway.app import make_service
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import traces_of
from serving.gateway.grpc import server


def test_a_connection_ends_some_day_whatever_is_asked_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or clients that are never idle would never ask the gateways that were added since."""
    monkeypatch.setattr(server, "_CONNECTION_SECONDS", 1)
    settings = GatewaySettings(database=f"sqlite:///{tmp_path}/gateway.sqlite", model_root=None, grpc_port=0)

    async def connect() -> None:
        service = make_service(settings, traces_of(None))
        its = server.GrpcServer(service)
        async with grpc.aio.insecure_channel(await its.start()) as channel:
            await channel.channel_ready()
            ready = grpc.ChannelConnectivity.READY
            await asyncio.wait_for(channel.wait_for_state_change(ready), 30)
            assert channel.get_state() is grpc.ChannelConnectivity.IDLE
        await its.drain()
        service.database.close()
        service.threads.close()

    asyncio.run(connect())
