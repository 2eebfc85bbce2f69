"""A stock tensorflow-serving-api client of a few lines, without any import of Dragoman."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.e2e.conftest import ROOT, FinishedRun


@pytest.fixture
def address(finished_run: FinishedRun, tmp_path: Path) -> Iterator[str]:
    """HOST:PORT of `dragoman serve` with the model that the run has trained and pushed."""
    shutil.copytree(finished_run.model_root, tmp_path / "models")
    serve = [sys.executable, "-m", "dragoman", "serve", str(tmp_path / "models")]
    ports = ["--port", "0", "--rest-port", "0", "--json"]
    with subprocess.Popen([*serve, *ports], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = itertools.takewhile(lambda line: line != "}\n", server.stdout)
        yield json.loads("".join(said) + "}")["address"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


def test_a_few_lines_translate(finished_run: FinishedRun, address: str) -> None:
    # What the run's serving check found: the trainer's own translations of some sentences.
    check = finished_run.artifacts("ServingCheck", "blessing")[0] / "check.json"
    expected = {
        probe["source"]: probe["expected"] for probe in json.loads(check.read_text("utf-8"))["answers"]
    }
    assert any(expected.values())

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "e2e"
    request.model_spec.version.value = 1
    request.inputs["source"].CopyFrom(tf.make_tensor_proto([*expected, ""]))
    with grpc.insecure_channel(address) as channel:
        answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=60)
    translations = [text.decode() for text in answer.outputs["translation"].string_val]
    assert translations == [*expected.values(), ""]
