"""TensorFlow Serving's calls through the gateway: stock clients, bytes as they are, keys and limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from dragoman import Client
from serving.gateway.database import keys
from serving.gateway.database.database import Database
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started

Code = grpc.StatusCode


@pytest.fixture(scope="module")
def channel(gateway: Gateway) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(gateway.grpc) as opened:
        yield opened


def _request(model: str = "m", label: str = "stable", text: bytes = b"hello") -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.version_label = model, label
    tensor = request.inputs["source"]
    tensor.dtype = 7
    tensor.tensor_shape.dim.add(size=1)
    tensor.string_val.append(text)
    return request


def _refused(call: Callable[[], Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value


def test_a_stock_client_gets_what_the_model_server_says(channel: grpc.Channel, fake: FakeServer) -> None:
    with grpc.insecure_channel(fake.address) as direct:
        for label in ("stable", "canary"):
            answers = [PredictionServiceStub(way).Predict(_request(label=label)) for way in (channel, direct)]
            assert answers[0] == answers[1]
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    metadata.model_spec.name = "m"
    assert PredictionServiceStub(channel).GetModelMetadata(metadata).model_spec.version.value == 2
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "m"
    answer = ModelServiceStub(channel).GetModelStatus(status)
    assert {state.version for state in answer.model_version_status} == {1, 2}


def test_our_own_client_works_through_it(gateway: Gateway) -> None:
    with Client(gateway.grpc, model="m") as client:
        assert [answer.text for answer in client.translate(["One. Two.", ""])] == ["ONE. TWO.", ""]
        assert client.served_version() == 1


def test_bytes_are_passed_as_they_are(
    channel: grpc.Channel, clean_fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = b"\xff\x00 no message at all"
    monkeypatch.setattr(clean_fake, "sent", lambda _answer: odd)
    call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    assert call(_request().SerializeToString()) == odd


def test_what_the_model_server_refuses_is_said_in_its_words(
    gateway: Gateway, channel: grpc.Channel, clean_fake: FakeServer
) -> None:
    stub = PredictionServiceStub(channel)
    label = _refused(lambda: stub.Predict(_request(label="newest")))
    assert (label.code(), label.details()) == (
        Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: newest",
    )
    clean_fake.failing.add(1)
    broken = _refused(lambda: stub.Predict(_request()))
    assert (broken.code(), broken.details()) == (Code.INTERNAL, "the graph is broken")
    lines = [line for line in gateway.lines() if line.get("interface") == "tensorflow-serving"]
    assert lines
    assert "the graph is broken" not in json.dumps(lines)


def test_what_is_not_served_or_not_to_be_read_asks_nobody(channel: grpc.Channel, fake: FakeServer) -> None:
    stub, asked = PredictionServiceStub(channel), fake.asked.total()
    assert _refused(lambda: stub.Predict(_request("other"))).code() is Code.NOT_FOUND
    assert _refused(lambda: stub.Predict(_request(""))).code() is Code.INVALID_ARGUMENT
    raw = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    assert _refused(lambda: raw(b"\xff\xff\xff")).code() is Code.INVALID_ARGUMENT
    rowless = _request()
    rowless.inputs["source"].tensor_shape.dim[0].size = 0
    del rowless.inputs["source"].string_val[:]
    without = _refused(lambda: stub.Predict(rowless))
    assert (without.code(), without.details()) == (
        Code.INVALID_ARGUMENT,
        "an input has no rows: send at least one text",
    )
    large = _refused(lambda: stub.Predict(_request(text=b"a" * (1 << 20))))
    assert large.code() is Code.RESOURCE_EXHAUSTED
    classify = channel.unary_unary("/tensorflow.serving.PredictionService/Classify")
    assert _refused(lambda: classify(b"")).code() is Code.UNIMPLEMENTED
    assert fake.asked.total() == asked


def test_nobody_says_what_is_to_be_served(channel: grpc.Channel) -> None:
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name="m", base_path="/", model_platform="tensorflow")
    error = _refused(lambda: ModelServiceStub(channel).HandleReloadConfigRequest(request))
    assert error.code() is Code.PERMISSION_DENIED


def test_keys_and_their_limits_hold(fake: FakeServer, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/keys.sqlite"
    database = Database(url)
    size = _request().ByteSize()
    secret = keys.add(database, "predicts", ["translate"], None, 2 * size)
    other = keys.add(database, "program", ["translate"], None, None)
    database.close()
    with (
        started(
            tmp_path / "locked",
            address=fake.address,
            model_root=str(fake.root),
            database=url,
            keys=True,
            grpc_port=0,
        ) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        stub, bearer = PredictionServiceStub(channel), [("authorization", f"Bearer {secret}")]
        assert _refused(lambda: stub.Predict(_request())).code() is Code.UNAUTHENTICATED
        missing = _refused(lambda: stub.Predict(_request(label="newest"), metadata=bearer))
        assert missing.code() is Code.INVALID_ARGUMENT  # and costs nothing
        for _ in range(2):
            stub.Predict(_request(), metadata=bearer)
        assert _refused(lambda: stub.Predict(_request(), metadata=bearer)).code() is Code.RESOURCE_EXHAUSTED
        with Client(gateway.grpc, model="m", metadata=lambda: [("x-api-key", other)]) as client:
            assert client.translate(["hello"])[0].text == "HELLO"
        status = get_model_status_pb2.GetModelStatusRequest()
        status.model_spec.name = "m"
        assert ModelServiceStub(channel).GetModelStatus(status, metadata=bearer).model_version_status


def test_without_a_model_server_it_is_unavailable(fake: FakeServer, tmp_path: Path) -> None:
    with (
        started(tmp_path / "alone", address="127.0.0.1:1", model_root=str(fake.root), grpc_port=0) as gateway,
        grpc.insecure_channel(gateway.grpc) as channel,
    ):
        error = _refused(lambda: PredictionServiceStub(channel).Predict(_request()))
        assert (error.code(), "127.0.0.1:1" in error.details()) == (Code.UNAVAILABLE, False)
