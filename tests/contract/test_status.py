"""GetModelStatus and GetModelMetadata over gRPC, and the optional health service."""

from __future__ import annotations

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from tests.contract.conftest import SERVED, Fleet
from tests.contract.server import DIFFERENCES, Client, State, spec
from tests.contract.test_predict import refusal


def status(client: Client, of: object) -> get_model_status_pb2.GetModelStatusResponse:
    return client.models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest(model_spec=of))


def test_every_version_with_its_state(fleet: Fleet) -> None:
    states = status(fleet.client, spec(SERVED)).model_version_status
    assert {s.version for s in states} == {1, 2}
    assert all(s.state == State.AVAILABLE and s.status.error_code == 0 for s in states)
    assert all(s.status.error_message == "" for s in states)


def test_one_version(fleet: Fleet) -> None:
    (state,) = status(fleet.client, spec(SERVED, version=1)).model_version_status
    assert (state.version, state.state) == (1, State.AVAILABLE)


def test_a_label_is_ignored(fleet: Fleet) -> None:
    for label in ("stable", "no such label"):
        states = status(fleet.client, spec(SERVED, label=label)).model_version_status
        assert {s.version for s in states} == {1, 2}


def test_unknown_model(client: Client) -> None:
    assert refusal(status, client, spec("nobody")) == (
        grpc.StatusCode.NOT_FOUND,
        "Could not find any versions of model nobody",
    )


def test_unknown_version(fleet: Fleet) -> None:
    assert refusal(status, fleet.client, spec(SERVED, version=7)) == (
        grpc.StatusCode.NOT_FOUND,
        f"Could not find version 7 of model {SERVED}",
    )


def test_status_without_a_model(client: Client) -> None:
    assert refusal(status, client, None) == (grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")


def test_metadata_holds_the_signatures(fleet: Fleet) -> None:
    for asked, version in (
        (spec(SERVED), 2),
        (spec(SERVED, label="stable"), 1),
        (spec(SERVED, version=1), 1),
    ):
        answer = fleet.client.metadata(asked, ["signature_def"])
        assert (answer.model_spec.name, answer.model_spec.version.value) == (SERVED, version)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        assert answer.metadata["signature_def"].Unpack(signatures)
        shown = set(signatures.signature_def) - DIFFERENCES.own_signatures
        assert shown == {"serving_default", "shout", "raw", "number", "add", "sleep"}
        default = signatures.signature_def["serving_default"]
        assert set(default.inputs) == {"text"}
        assert set(default.outputs) == {"reply", "bytes"}
        assert default.method_name == "tensorflow/serving/predict"


def test_metadata_of_nothing_or_of_something_else(fleet: Fleet) -> None:
    for fields in ([], ["model_card"], ["signature_def", "model_card"]):
        assert refusal(fleet.client.metadata, spec(SERVED), fields)[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_metadata_of_what_is_not_there(fleet: Fleet) -> None:
    wanted = ["signature_def"]
    assert refusal(fleet.client.metadata, spec("nobody"), wanted) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(nobody)",
    )
    assert refusal(fleet.client.metadata, spec(SERVED, version=7), wanted) == (
        grpc.StatusCode.NOT_FOUND,
        f"Servable not found for request: Specific({SERVED}, 7)",
    )
    assert refusal(fleet.client.metadata, None, wanted) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )


def test_health_where_it_is_offered(client: Client) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)
    call = health.Check.future(health_pb2.HealthCheckRequest(), timeout=10)
    if call.code() is grpc.StatusCode.UNIMPLEMENTED:
        pytest.skip("this server has no health service: it is optional")
    assert call.result().status == health_pb2.HealthCheckResponse.SERVING
