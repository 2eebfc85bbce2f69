"""Spans: of a request, under its caller's, of its parts, and on to the model server; and no text in any."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from starlette.requests import Request

from serving.gateway.app import make_service
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import Spans
from serving.gateway.grpc.server import GrpcServer
from serving.gateway.interfaces.dragoman import INTERFACE
from serving.gateway.web.serve import endpoint
from serving.gateway.web.service import Service
from serving.wire import translation_pb2 as wire
from serving.wire.translation_pb2_grpc import TranslationServiceStub
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer

_sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = f"00-{TRACE}-{PARENT}-01"
TEXT = "One zanzibar here. Two there."


@pytest.fixture
def kept() -> Iterator[Any]:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


def _run(
    fake: FakeServer, kept: Any, folder: Path, ask: Callable[[Service], Awaitable[None]]
) -> dict[str, Any]:
    """The spans, by name, of what is asked of a gateway in this process."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = _sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    settings = GatewaySettings(
        address=fake.address,
        model_root=fake.root,
        grpc_port=0,
        database=f"sqlite:///{folder}/gateway.sqlite",
    )

    async def asked() -> None:
        service = make_service(settings, Spans(provider))
        try:
            await ask(service)
        finally:
            await service.broker.close()
            service.threads.close()
            service.database.close()
            service.traces.close()

    asyncio.run(asked())
    return {span.name: span for span in kept.get_finished_spans()}


def _check(spans: dict[str, Any], name: str, fake: FakeServer) -> None:
    assert set(spans) == {name, "wait", "prepare", "model", "finish"}
    request = spans[name]
    assert {format(span.context.trace_id, "032x") for span in spans.values()} == {TRACE}
    assert format(request.parent.span_id, "016x") == PARENT
    for part in ("wait", "prepare", "model", "finish"):
        assert spans[part].parent.span_id == request.context.span_id
    model = format(spans["model"].context.span_id, "016x")
    assert fake.metadata["traceparent"] == f"00-{TRACE}-{model}-01"
    assert request.attributes["dragoman.versions"] == (1,)
    assert request.attributes["dragoman.milliseconds.model"] > 0
    assert "zanzibar" not in " ".join(span.to_json() for span in spans.values()).lower()


def test_a_request_over_http_is_traced_through_to_the_model_server(
    fake: FakeServer, kept: Any, tmp_path: Path
) -> None:
    body = json.dumps({"texts": TEXT, "source": "en", "target": "de"}).encode()
    headers = {"content-type": "application/json", "traceparent": HEADER}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/translate",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    call = next(call for call in INTERFACE.calls if call.path == "/v1/translate")

    async def ask(service: Service) -> None:
        sent = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            for message in sent:
                return message
            return await asyncio.get_running_loop().create_future()  # Nobody hangs up.

        response = await endpoint(service, INTERFACE, call)(Request(scope, receive))
        assert response.status_code == 200

    spans = _run(fake, kept, tmp_path, ask)
    _check(spans, "dragoman /v1/translate", fake)
    assert spans["dragoman /v1/translate"].attributes["dragoman.status"] == "200"


@asynccontextmanager
async def _stub(service: Service) -> AsyncIterator[TranslationServiceStub]:
    """Of the service's gRPC port, while that is open."""
    server = GrpcServer(service)
    address = await server.start()
    assert address is not None
    async with grpc.aio.insecure_channel(address) as channel:
        yield TranslationServiceStub(channel)
    await server.drain()


def test_a_call_over_grpc_is_traced_through_to_the_model_server(
    fake: FakeServer, kept: Any, tmp_path: Path
) -> None:
    request = wire.TranslateRequest(texts=[TEXT], options=wire.Options(source="en", target="de"))

    async def ask(service: Service) -> None:
        async with _stub(service) as stub:
            await stub.Translate(request, metadata=(("traceparent", HEADER),))

    spans = _run(fake, kept, tmp_path, ask)
    _check(spans, "grpc Translate", fake)
    assert spans["grpc Translate"].attributes["dragoman.status"] == "OK"


def test_a_request_that_is_refused_says_why_and_quotes_nothing(
    fake: FakeServer, kept: Any, tmp_path: Path
) -> None:
    request = wire.TranslateRequest(texts=[TEXT], options=wire.Options(source="zanzibar", target="de"))

    async def ask(service: Service) -> None:
        async with _stub(service) as stub:
            with pytest.raises(grpc.RpcError):
                await stub.Translate(request)

    [span] = _run(fake, kept, tmp_path, ask).values()
    assert span.attributes["dragoman.status"] == "INVALID_ARGUMENT"
    assert span.attributes["dragoman.fault"] == "invalid"
    assert "zanzibar" not in span.to_json()


def test_a_gateway_without_the_packages_says_what_to_install(tmp_path: Path) -> None:
    try:
        import opentelemetry.exporter.otlp.proto.http  # noqa: F401
    except ModuleNotFoundError:
        file = tmp_path / "gateway.yaml"
        file.write_text(f"traces: {{}}\ndatabase: sqlite:///{tmp_path}/gateway.sqlite")
        done = dragoman("gateway", "--settings", file)
        assert (done.returncode, b"gateway-traces" in done.stderr) == (3, True), done.stderr
    else:
        pytest.skip("the packages are there")
