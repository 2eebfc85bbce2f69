"""The REST interface beside translations that take long, and when it goes."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import tensorflow as tf
from fastapi import Response
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import predict_pb2

from serving.server.batching import Batcher, BatchingOptions
from serving.server.core import ServerCore
from serving.server.metrics import Metrics
from serving.server.predict import predict
from serving.server.rest import RestInterface, RestServer
from serving.server.servable import LoadedVersion
from serving.server.status import StatusError

METRICS = "/monitoring/prometheus/metrics"


def _signature() -> meta_graph_pb2.SignatureDef:
    signature = meta_graph_pb2.SignatureDef()
    signature.inputs["text"].CopyFrom(
        meta_graph_pb2.TensorInfo(name="text:0", dtype=tf.string.as_datatype_enum)
    )
    return signature


class _Model:
    """A core with one model, whose signature takes text."""

    loaded_version = cast(LoadedVersion, SimpleNamespace(signatures={"serving_default": _signature()}))

    @contextlib.contextmanager
    def borrow(self, spec: object) -> Iterator[LoadedVersion]:
        del spec
        yield self.loaded_version


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    """Takes two rows."""
    made = Batcher(BatchingOptions(max_batch_size=2))
    yield made
    made.stop(30)


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def interface(batcher: Batcher, stopping: threading.Event) -> RestInterface:
    return RestInterface(cast(ServerCore, _Model()), batcher, Metrics(), 30.0, stopping)


@pytest.fixture
def server(interface: RestInterface) -> Iterator[RestServer]:
    made = RestServer(interface.application(METRICS), "127.0.0.1", 0)
    made.start()
    yield made
    made.stop(30)


def _ask(server: RestServer, path: str, body: bytes | None = None) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", body, timeout=30) as answer:
        return int(answer.status)


def test_a_probe_does_not_stand_in_line_behind_translations(
    interface: RestInterface, server: RestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are threads for them, and none is done while the probe asks."""
    threads = 40
    running, go = threading.Semaphore(0), threading.Event()

    def translate(path: str, body: bytes) -> Response:
        del path, body
        running.release()
        assert go.wait(60)
        return Response()

    monkeypatch.setattr(interface, "post", translate)
    monkeypatch.setattr(interface, "get", lambda path: Response(path))
    codes: list[int] = []
    callers = [
        threading.Thread(target=lambda: codes.append(_ask(server, "/v1/models/toy:predict", b"{}")))
        for _ in range(threads + 5)
    ]
    for caller in callers:
        caller.start()
    try:
        for _ in range(threads):
            assert running.acquire(timeout=30)
        assert _ask(server, "/v1/models/toy/labels/stable/metadata") == 200
        assert _ask(server, METRICS) == 200
    finally:
        go.set()
        for caller in callers:
            caller.join()
    assert codes == [200] * len(callers)


def test_a_request_that_never_ends_does_not_hold_the_server(
    server: RestServer, stopping: threading.Event
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(
            b"POST /v1/models/toy:predict HTTP/1.1\r\nHost: toy\r\nContent-Length: 100\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 100")  # It waits for the body.
        client.sendall(b'{"instances": [')
        stopping.set()
        server.stop(30)
        assert not server._thread.is_alive()
        answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize("body", [{"instances": ["a", "b", 3]}, {"inputs": {"text": ["a", "b", 3]}}])
def test_rows_are_counted_before_they_are_read(interface: RestInterface, body: Any) -> None:
    """The third is no text, which is found out only by whoever looks at each of them."""
    with pytest.raises(StatusError, match="Task size 3 is larger than maximum input batch size 2"):
        interface.post("/v1/models/toy:predict", json.dumps(body).encode())


def test_rows_are_counted_before_a_tensor_is_built(batcher: Batcher) -> None:
    """Three are claimed, of a size that is refused by whoever builds them."""
    request = predict_pb2.PredictRequest()
    request.inputs["text"].dtype = tf.string.as_datatype_enum
    for size in (3, 1 << 40):
        request.inputs["text"].tensor_shape.dim.add(size=size)
    with pytest.raises(StatusError, match="Task size 3 is larger than maximum input batch size 2"):
        predict(_Model.loaded_version, request, None, batcher)
