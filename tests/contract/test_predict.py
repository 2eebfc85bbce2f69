"""Predict, and every refusal of it, over gRPC."""

from __future__ import annotations

from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, inference_pb2, predict_pb2, regression_pb2

from tests.contract import server as under_test
from tests.contract.conftest import SERVED, Fleet
from tests.contract.server import DIFFERENCES, Client, spec


def refusal(call: Any, *arguments: Any) -> tuple[grpc.StatusCode, str]:
    """Status and message of a call that has to fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments)
    return caught.value.code(), caught.value.details()


TEXT = {"text": ["x"]}


def test_an_answer_names_model_version_and_signature(fleet: Fleet) -> None:
    answer = fleet.client.ask(spec(SERVED), {"text": ["a", "", "ü\0🙂"]})
    assert answer.model_spec.name == SERVED
    assert answer.model_spec.version.value == 2
    assert answer.model_spec.signature_name == "serving_default"
    assert list(answer.outputs["reply"].string_val) == [b"v2:a", b"v2:", "v2:ü\0🙂".encode()]
    assert [d.size for d in answer.outputs["reply"].tensor_shape.dim] == [3]
    assert list(answer.outputs["bytes"].int_val) == [1, 0, 7]


def test_bytes_that_are_no_text_come_back_as_they_were(fleet: Fleet) -> None:
    rows = [b"\xff\xfe", b"\xed\xa0\x80", b"\0", b"x" * 100_000]
    answer = fleet.client.predict(spec(SERVED, signature="raw"), {"text": rows})
    assert answer["reply_bytes"].tolist() == rows


def test_no_rows_in_no_rows_out(fleet: Fleet) -> None:
    if under_test.ADDRESS and not DIFFERENCES.pads_no_rows:
        pytest.skip(
            "would end the server at MODEL_SERVER_ADDRESS if it is a real one with allowed_batch_sizes"
        )
    answer = fleet.client.predict(spec(SERVED), {"text": np.array([], dtype=object)})
    assert answer["reply"].shape == (0,)


def test_a_version_and_a_label_choose(fleet: Fleet) -> None:
    assert fleet.client.reply(spec(SERVED, version=1)) == "v1:x"
    assert fleet.client.reply(spec(SERVED, version=2)) == "v2:x"
    assert fleet.client.reply(spec(SERVED, label="stable")) == "v1:x"
    assert fleet.client.reply(spec(SERVED, label="canary")) == "v2:x"


def test_a_signature_chooses(fleet: Fleet) -> None:
    assert fleet.client.predict(spec(SERVED, signature="shout"), TEXT)["reply"].tolist() == [b"X"]


def test_several_inputs_of_two_dimensions(fleet: Fleet) -> None:
    a, b = np.ones((3, 2), np.float32), np.full((3, 2), 2, np.float32)
    total = fleet.client.predict(spec(SERVED, signature="add"), {"a": a, "b": b})["sum"]
    np.testing.assert_array_equal(total, np.full((3, 2), 3, np.float32))


def test_an_output_filter_chooses(fleet: Fleet) -> None:
    assert set(fleet.client.predict(spec(SERVED), TEXT, ["bytes"])) == {"bytes"}


def test_unknown_model(client: Client) -> None:
    assert refusal(client.ask, spec("nobody"), TEXT) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(nobody)",
    )


def test_unknown_model_with_a_version(client: Client) -> None:
    assert refusal(client.ask, spec("nobody", version=7), TEXT) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Specific(nobody, 7)",
    )


def test_unknown_version(fleet: Fleet) -> None:
    assert refusal(fleet.client.ask, spec(SERVED, version=7), TEXT) == (
        grpc.StatusCode.NOT_FOUND,
        f"Servable not found for request: Specific({SERVED}, 7)",
    )


def test_unknown_label(fleet: Fleet) -> None:
    for name in (SERVED, "nobody"):
        assert refusal(fleet.client.ask, spec(name, label="best"), TEXT) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "Unrecognized servable version label: best",
        )


def test_no_model_spec(client: Client) -> None:
    assert refusal(client.ask, None, TEXT) == (grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")


def test_no_model_name(client: Client) -> None:
    assert refusal(client.ask, spec(""), TEXT) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "ModelSpec has no name specified.",
    )


def test_unknown_signature(fleet: Fleet) -> None:
    assert refusal(fleet.client.ask, spec(SERVED, signature="sing"), TEXT) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        'Serving signature key "sing" not found.',
    )


def test_missing_input(fleet: Fleet) -> None:
    code, message = refusal(fleet.client.ask, spec(SERVED), {})
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("input size does not match signature: 0!=1")
    assert "Missing but required: {text}." in message


def test_one_input_too_many(fleet: Fleet) -> None:
    code, message = refusal(fleet.client.ask, spec(SERVED), {**TEXT, "more": ["y"]})
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("input size does not match signature: 2!=1")
    assert "Sent extra: {more}." in message


def test_wrong_name_of_an_input(fleet: Fleet) -> None:
    code, message = refusal(fleet.client.ask, spec(SERVED), {"txet": ["y"]})
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("Signature input alias: text(feed name: ")
    assert "not found in request and no default value provided" in message


def test_wrong_output_filter(fleet: Fleet) -> None:
    code, message = refusal(fleet.client.ask, spec(SERVED), TEXT, ["replay"])
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("output tensor alias not found in signature: replay")


def test_wrong_type(fleet: Fleet) -> None:
    """The text of the runtime's errors is not to be relied on; that there is one, and no crash, is."""
    refusal(fleet.client.ask, spec(SERVED), {"text": [1.0]})
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_wrong_shape(fleet: Fleet) -> None:
    a = np.ones((3, 5), np.float32)
    call = fleet.client.ask_later(spec(SERVED, signature="add"), {"a": a, "b": a})
    assert call.code() is not grpc.StatusCode.OK or not DIFFERENCES.refuses_wrong_shapes
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_a_tensor_that_contradicts_itself(fleet: Fleet) -> None:
    """Values that do not fill the shape, a shape below zero, a type that does not exist."""
    negative = tf.make_tensor_proto(["x"])
    negative.tensor_shape.dim[0].size = -4
    unknown = tf.make_tensor_proto(["x"])
    unknown.dtype = 77
    for tensor in (negative, unknown):
        refusal(fleet.client.ask, spec(SERVED), {"text": tensor})
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_a_row_that_the_model_cannot_compute(fleet: Fleet) -> None:
    number = spec(SERVED, signature="number")
    assert refusal(fleet.client.ask, number, {"text": ["1", "x"]})[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert fleet.client.predict(number, {"text": ["1", "2"]})["value"].tolist() == [1.0, 2.0]


def test_a_deadline_that_passes(fleet: Fleet) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        fleet.client.ask(spec(SERVED, signature="sleep"), {"seconds": [20.0]}, timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # The computation was given up with the call: were it not, this would wait behind it on a busy machine.
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


def test_a_deadline_that_has_passed_already(fleet: Fleet) -> None:
    request = predict_pb2.PredictRequest(model_spec=spec(SERVED))
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(["x"]))
    with pytest.raises(grpc.RpcError) as caught:
        fleet.client.prediction.Predict(request, timeout=-1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_call_that_is_cancelled_frees_the_server(fleet: Fleet) -> None:
    fleet.client.ask_later(spec(SERVED, signature="sleep"), {"seconds": [1.0]}).cancel()
    assert fleet.client.reply(spec(SERVED)) == "v2:x"


@pytest.mark.parametrize("signature", ["", "shout"])
def test_classify_and_regress_on_a_model_made_for_predict(fleet: Fleet, signature: str) -> None:
    codes = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
    asked = spec(SERVED, signature=signature)
    classify = classification_pb2.ClassificationRequest(model_spec=asked)
    regress = regression_pb2.RegressionRequest(model_spec=asked)
    for request in (classify, regress):
        request.input.example_list.examples.add()
    assert refusal(fleet.client.prediction.Classify, classify)[0] in codes
    assert refusal(fleet.client.prediction.Regress, regress)[0] in codes


def test_multi_inference_on_a_model_made_for_predict(fleet: Fleet) -> None:
    request = inference_pb2.MultiInferenceRequest()
    request.tasks.add(model_spec=spec(SERVED), method_name="tensorflow/serving/classify")
    request.input.example_list.examples.add()
    assert refusal(fleet.client.prediction.MultiInference, request)[0] is not grpc.StatusCode.UNKNOWN
