"""Traces as a collector gets them: OTLP over HTTP, out of a gateway in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import google.protobuf
import pytest
import requests

from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import started
from tests.serving.gateway.fetched import from_pypi

_EXPORTER = ("opentelemetry-exporter-otlp-proto-http", "opentelemetry-exporter-otlp-proto-common")
_MESSAGES = "opentelemetry-proto"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def packages(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter and OTLP's messages, for this process and those that it starts. The newest want a protobuf
    that the older stack has not.
    """
    pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
    is_old = int(google.protobuf.__version__.partition(".")[0]) < 5
    number = "1.27.0" if is_old else version("opentelemetry-sdk")
    folders = [from_pypi(pytestconfig.cache, name, number) for name in (*_EXPORTER, _MESSAGES)]
    for folder in folders:
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))


@contextmanager
def _collector() -> Iterator[tuple[str, list[Any]]]:
    """Its address, and the requests of the service `opentelemetry.proto.collector.trace.v1` that it gets."""
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service

    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(service.ExportTraceServiceRequest.FromString(body))
            answer = service.ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """No words on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", taken
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("packages")
def test_a_collector_gets_a_requests_spans_through_to_the_model_server(
    fake: FakeServer, tmp_path: Path
) -> None:
    with (
        _collector() as (endpoint, taken),
        started(
            tmp_path / "traced",
            address=fake.address,
            model_root=str(fake.root),
            traces={"endpoint": endpoint, "service": "gateway-of-the-test"},
        ) as gateway,
    ):
        answer = requests.post(
            f"{gateway.url}/v1/translate",
            json={"texts": ["One zanzibar here."], "source": "en", "target": "de"},
            headers={"X-Request-Id": "request-of-the-test", "traceparent": f"00-{TRACE}-{PARENT}-01"},
            timeout=30,
        )
        assert answer.json()["answers"][0]["text"] == "ONE ZANZIBAR HERE."
        traceparent = fake.metadata["traceparent"]

    # The gateway has left, and before that sent what it had.
    resources = [resource for message in taken for resource in message.resource_spans]
    names = {attribute.key: attribute.value.string_value for attribute in resources[0].resource.attributes}
    assert names["service.name"] == "gateway-of-the-test"
    spans = [
        span
        for resource in resources
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == TRACE
    ]
    by_name = {span.name: span for span in spans}
    request = by_name.pop("dragoman /v1/translate")
    assert request.parent_span_id.hex() == PARENT
    attributes = {attribute.key: attribute.value for attribute in request.attributes}
    assert (
        attributes["dragoman.request"].string_value == answer.headers["x-request-id"] == "request-of-the-test"
    )
    assert set(by_name) == {"wait", "prepare", "model", "finish"}
    assert {span.parent_span_id for span in by_name.values()} == {request.span_id}
    assert traceparent == f"00-{TRACE}-{by_name['model'].span_id.hex()}-01"
    assert b"zanzibar" not in b"".join(message.SerializeToString() for message in taken).lower()
