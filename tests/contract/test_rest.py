"""The REST interface: status, metadata, predict in both formats, error bodies, metrics."""

from __future__ import annotations

import base64

import pytest

from tests.contract import server as under_test
from tests.contract.conftest import SERVED, Fleet
from tests.contract.server import Client, State, spec
from tests.contract.test_versions import push

MODEL = f"/v1/models/{SERVED}"


@pytest.fixture
def http(fleet: Fleet, rest: Client) -> Client:
    """HTTP to a server that has the model."""
    assert fleet.client is rest
    return rest


def test_status_of_a_model(http: Client) -> None:
    code, body = http.json(MODEL)
    assert code == 200
    assert {s["version"]: s["state"] for s in body["model_version_status"]} == {
        "1": "AVAILABLE",
        "2": "AVAILABLE",
    }
    assert body["model_version_status"][0]["status"] == {"error_code": "OK", "error_message": ""}


def test_status_of_a_version(http: Client) -> None:
    code, body = http.json(f"{MODEL}/versions/1")
    assert code == 200
    assert [s["version"] for s in body["model_version_status"]] == ["1"]


def test_status_of_what_is_not_there(rest: Client) -> None:
    assert rest.json("/v1/models/nobody") == (404, {"error": "Could not find any versions of model nobody"})


def test_status_of_an_unknown_version(http: Client) -> None:
    assert http.json(f"{MODEL}/versions/7") == (404, {"error": f"Could not find version 7 of model {SERVED}"})


@pytest.mark.parametrize(("where", "version"), [("", "2"), ("/versions/1", "1"), ("/labels/stable", "1")])
def test_metadata(http: Client, where: str, version: str) -> None:
    code, body = http.json(f"{MODEL}{where}/metadata")
    assert code == 200
    assert (body["model_spec"]["name"], body["model_spec"]["version"]) == (SERVED, version)
    default = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert default["inputs"]["text"]["dtype"] == "DT_STRING"
    assert set(default["outputs"]) == {"reply", "bytes"}


def test_metadata_is_a_readiness_check_and_status_is_none(fleet: Fleet, rest: Client, model: str) -> None:
    push(fleet, model, 1)
    fleet.set(model)
    fleet.set(model, labels={"stable": 1})
    ready = f"/v1/models/{model}/labels/stable/metadata"
    assert rest.http(ready)[0] == 200
    fleet.remove(model)
    fleet.client.wait_for_state(model, 1, State.END)
    assert rest.http(f"/v1/models/{model}")[0] == 200
    assert rest.http(ready)[0] == 400  # the label has gone, too
    assert rest.http(f"/v1/models/{model}/metadata")[0] == 404


@pytest.mark.parametrize(("where", "version"), [("", "v2"), ("/versions/1", "v1"), ("/labels/stable", "v1")])
def test_rows_of_values(http: Client, where: str, version: str) -> None:
    answer = http.json(f"{MODEL}{where}:predict", {"instances": ["a", "ü🙂"]})
    rows = [{"reply": f"{version}:a", "bytes": 1}, {"reply": f"{version}:ü🙂", "bytes": 6}]
    assert answer == (200, {"predictions": rows})


def test_rows_of_objects(http: Client) -> None:
    body = {"signature_name": "shout", "instances": [{"text": "a"}, {"text": "b"}]}
    assert http.json(f"{MODEL}:predict", body) == (200, {"predictions": ["A", "B"]})


def test_rows_with_several_inputs(http: Client) -> None:
    body = {
        "signature_name": "add",
        "instances": [{"a": [1, 2], "b": [0.5, 0.5]}, {"a": [3, 4], "b": [0, 0]}],
    }
    assert http.json(f"{MODEL}:predict", body) == (200, {"predictions": [[1.5, 2.5], [3.0, 4.0]]})


def test_columns(http: Client) -> None:
    both = {"outputs": {"reply": ["v2:a", "v2:b"], "bytes": [1, 1]}}
    assert http.json(f"{MODEL}:predict", {"inputs": ["a", "b"]}) == (200, both)
    assert http.json(f"{MODEL}:predict", {"inputs": {"text": ["a", "b"]}}) == (200, both)
    shout = {"signature_name": "shout", "inputs": {"text": ["a", "b"]}}
    assert http.json(f"{MODEL}:predict", shout) == (200, {"outputs": ["A", "B"]})


def test_binary_values(http: Client) -> None:
    """`{"b64": …}` in any string input; out again where the output's name ends in _bytes."""
    encoded = {"b64": base64.b64encode(b"\xff\0\xfe").decode()}
    for rows in ([encoded], [{"text": encoded}]):
        body = {"signature_name": "raw", "instances": rows}
        assert http.json(f"{MODEL}:predict", body) == (200, {"predictions": [encoded]})
    columns = {"signature_name": "raw", "inputs": {"text": [encoded]}}
    assert http.json(f"{MODEL}:predict", columns) == (200, {"outputs": [encoded]})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (f"{MODEL}:predict", b"{", 400),
        (f"{MODEL}:predict", b"", 400),
        (f"{MODEL}:predict", [1], 400),
        (f"{MODEL}:predict", {}, 400),
        (f"{MODEL}:predict", {"instances": ["a"], "inputs": ["a"]}, 400),
        (f"{MODEL}:predict", {"instances": []}, 400),
        (f"{MODEL}:predict", {"instances": "a"}, 400),
        (f"{MODEL}:predict", {"instances": [1]}, 400),
        (f"{MODEL}:predict", {"instances": [["a", "b"], ["c"]]}, 400),
        (f"{MODEL}:predict", {"instances": [{"b64": "not base64!"}]}, 400),
        (f"{MODEL}:predict", {"instances": [{"txet": "a"}]}, 400),
        (f"{MODEL}:predict", {"signature_name": "sing", "instances": ["a"]}, 400),
        (f"{MODEL}:predict", {"signature_name": "number", "instances": ["a"]}, 400),
        (f"{MODEL}:predict", {"signature_name": "add", "instances": [1]}, 400),
        (f"{MODEL}/labels/best:predict", {"instances": ["a"]}, 400),
        (f"{MODEL}/versions/7:predict", {"instances": ["a"]}, 404),
        ("/v1/models/nobody:predict", {"instances": ["a"]}, 404),
    ],
)
def test_refusals_say_why(http: Client, path: str, body: object, code: int) -> None:
    answered, answer = http.json(path, body)
    assert answered == code
    assert set(answer) == {"error"}
    assert answer["error"]


def test_the_messages_are_those_of_grpc(http: Client) -> None:
    body = {"instances": ["a"]}
    assert http.json("/v1/models/nobody:predict", body)[1] == {
        "error": "Servable not found for request: Latest(nobody)"
    }
    assert http.json(f"{MODEL}/labels/best:predict", body)[1] == {
        "error": "Unrecognized servable version label: best"
    }


def test_a_path_that_means_nothing(rest: Client) -> None:
    code, body = rest.json("/v1/modules/x")
    assert code == 400
    assert body["error"].startswith("Malformed request: GET ")


def test_metrics(http: Client) -> None:
    if under_test.ADDRESS:
        pytest.skip("whether the server at MODEL_SERVER_ADDRESS has its metrics switched on is not known")
    http.reply(spec(SERVED))
    code, text = http.http("/monitoring/prometheus/metrics")
    assert code == 200
    counts = [line for line in text.splitlines() if line.startswith(":tensorflow:serving:request_count{")]
    assert any(f'model_name="{SERVED}"' in line and 'status="OK"' in line for line in counts)
