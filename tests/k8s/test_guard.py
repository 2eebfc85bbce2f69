"""The guard: a real nginx with k8s/base/config/nginx.conf between a gRPC client and a server."""

from __future__ import annotations

import re
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tests import debian
from tests.contract.server import free_port, wait_for
from tests.k8s.render import FOLDER

BIG = 6 << 20  # bytes: more than nginx keeps in memory, and than gRPC takes unless it is told to


class _Server:
    """Answers Predict with what it was given, and counts what a guard must keep from it."""

    def __init__(self) -> None:
        self.reloads = 0
        self.cancelled = 0

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Of its two services."""
        return [
            grpc.method_handlers_generic_handler(
                "tensorflow.serving.PredictionService",
                {
                    "Predict": _method(self._predict, predict_pb2.PredictRequest),
                    "GetModelMetadata": _method(
                        self._metadata, get_model_metadata_pb2.GetModelMetadataRequest
                    ),
                },
            ),
            grpc.method_handlers_generic_handler(
                "tensorflow.serving.ModelService",
                {
                    "GetModelStatus": _method(self._status, get_model_status_pb2.GetModelStatusRequest),
                    "HandleReloadConfigRequest": _method(
                        self._reload, model_management_pb2.ReloadConfigRequest
                    ),
                },
            ),
        ]

    def _predict(self, request: Any, context: Any) -> Any:
        if request.model_spec.name == "missing":
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(missing)")
        if request.model_spec.name == "slow":
            gone = threading.Event()
            context.add_callback(gone.set)
            gone.wait()
            self.cancelled += 1
        answer = predict_pb2.PredictResponse()
        answer.model_spec.CopyFrom(request.model_spec)
        answer.outputs["translation"].CopyFrom(request.inputs["source"])
        return answer

    def _metadata(self, request: Any, _context: Any) -> Any:
        return get_model_metadata_pb2.GetModelMetadataResponse(model_spec=request.model_spec)

    def _status(self, _request: Any, _context: Any) -> Any:
        answer = get_model_status_pb2.GetModelStatusResponse()
        answer.model_version_status.add(version=7)
        return answer

    def _reload(self, _request: Any, _context: Any) -> Any:
        self.reloads += 1
        return model_management_pb2.ReloadConfigResponse()


def _method(call: Callable[[Any, Any], Any], request: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        call,
        request_deserializer=request.FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )


class _Guarded:
    """A server behind a guard, and a channel to the guard."""

    def __init__(self, folder: Path) -> None:
        self.servicer = _Server()
        self.port = free_port()
        self.grpc = self._start()
        guard, self.alive = free_port(), free_port()
        text = (FOLDER / "base/config/nginx.conf").read_text()
        for before, after in (
            ("listen 8500 ", f"listen 127.0.0.1:{guard} "),
            ("127.0.0.1:8510", f"127.0.0.1:{self.port}"),
            ("listen 8511;", f"listen 127.0.0.1:{self.alive};"),
            (" /tmp/", f" {folder}/"),
            ("client_body_timeout 10s", "client_body_timeout 1s"),
        ):
            assert before in text
            text = text.replace(before, after)
        (folder / "nginx.conf").write_text(text)
        nginx = debian.program("nginx", "nginx-light")
        self.nginx = subprocess.Popen(
            [nginx, "-e", "stderr", "-c", folder / "nginx.conf", "-p", folder],
            env=debian.libraries(nginx.parents[2]),
        )
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{guard}", options=unlimited)
        grpc.channel_ready_future(self.channel).result(timeout=30)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.model = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def _start(self) -> grpc.Server:
        server = grpc.server(
            futures.ThreadPoolExecutor(8),
            options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
        )
        server.add_generic_rpc_handlers(self.servicer.handlers())
        server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        return server

    def restart(self) -> None:
        """The server alone."""
        self.grpc = self._start()

    def stop(self) -> None:
        """All of it."""
        self.channel.close()
        self.nginx.terminate()
        assert self.nginx.wait(30) == 0
        self.grpc.stop(0).wait()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[_Guarded]:
    pair = _Guarded(tmp_path)
    yield pair
    pair.stop()


def _request(name: str = "en-de", source: bytes = b"hello") -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.inputs["source"].string_val.append(source)
    return request


def test_translations_metadata_and_status_pass_whole(guarded: _Guarded) -> None:
    long = bytes(range(256)) * (BIG // 256)
    answer = guarded.prediction.Predict(_request(source=long), timeout=30)
    assert answer.outputs["translation"].string_val[0] == long
    assert answer.model_spec.name == "en-de"
    metadata = get_model_metadata_pb2.GetModelMetadataRequest()
    metadata.model_spec.name = "en-de"
    assert guarded.prediction.GetModelMetadata(metadata, timeout=30).model_spec.name == "en-de"
    status = guarded.model.GetModelStatus(get_model_status_pb2.GetModelStatusRequest(), timeout=30)
    assert [state.version for state in status.model_version_status] == [7]


def test_an_error_of_the_server_arrives_as_it_is(guarded: _Guarded) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        guarded.prediction.Predict(_request("missing"), timeout=30)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "Servable not found for request: Latest(missing)"


def test_a_reload_is_refused_and_never_reaches_the_server(guarded: _Guarded) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        guarded.model.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(), timeout=30)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert guarded.servicer.reloads == 0
    assert guarded.prediction.Predict(_request(), timeout=30).outputs["translation"].string_val == [b"hello"]


@pytest.mark.parametrize(
    "path",
    [
        "/tensorflow.serving.ModelService/HandleReloadConfigRequest/",
        "//tensorflow.serving.ModelService/HandleReloadConfigRequest",
        "/tensorflow.serving.ModelService/GetModelStatus/../HandleReloadConfigRequest",
        "/tensorflow.serving.PredictionService/../tensorflow.serving.ModelService/HandleReloadConfigRequest",
        "/tensorflow.serving.PredictionService/%2e%2e/tensorflow.serving.ModelService/HandleReloadConfigRequest",
        "/tensorflow.serving.ModelService/HandleReloadConfig%52equest",
        "/tensorflow.serving.ModelService/HandleReloadConfigRequest?",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
def test_nothing_else_passes_however_it_is_spelt(guarded: _Guarded, path: str) -> None:
    call = guarded.channel.unary_unary(
        path, request_serializer=lambda _: b"", response_deserializer=lambda data: data
    )
    with pytest.raises(grpc.RpcError):
        call(None, timeout=30)
    assert guarded.servicer.reloads == 0


def test_without_its_server_it_says_unavailable_and_goes_on_when_it_is_back(guarded: _Guarded) -> None:
    assert guarded.prediction.Predict(_request(), timeout=30)
    guarded.grpc.stop(0).wait()
    with pytest.raises(grpc.RpcError) as caught:
        guarded.prediction.Predict(_request(), timeout=30)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    guarded.restart()
    assert guarded.prediction.Predict(_request(), timeout=30)


def test_a_caller_that_gives_up_frees_the_server(guarded: _Guarded) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        guarded.prediction.Predict(_request("slow"), timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_for(lambda: guarded.servicer.cancelled, "the server is told")


def test_a_request_that_is_never_sent_whole_ends(guarded: _Guarded) -> None:
    """It would keep one of the server's threads for ever."""
    end = threading.Event()

    def half() -> Iterator[bytes]:
        end.wait()
        yield b""

    call = guarded.channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
    answer = call.future(half(), timeout=60)
    with pytest.raises(grpc.RpcError) as caught:
        answer.result()
    assert caught.value.code() is not grpc.StatusCode.DEADLINE_EXCEEDED
    end.set()


def test_the_kubelet_hears_whether_it_does_anything_also_without_its_server(guarded: _Guarded) -> None:
    guarded.grpc.stop(0).wait()
    with urllib.request.urlopen(f"http://127.0.0.1:{guarded.alive}/", timeout=30) as answer:
        assert answer.status == 204


def test_the_configuration_names_the_ports_of_the_manifests(production: Any) -> None:
    text = production.get("ConfigMap", "model-server-config")["data"]["nginx.conf"]
    assert re.search(r"listen 8500 ", text)
    assert re.search(r"server 127\.0\.0\.1:8510;", text)
    assert "--port=8510" in production.server()["args"]
    pod = production.get("Deployment", "model-server")["spec"]["template"]["spec"]
    (guard,) = pod["initContainers"]
    assert {"name": "alive", "containerPort": 8511} in guard["ports"]
    assert re.search(r"listen 8511;", text)
