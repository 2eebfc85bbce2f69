"""What the embedded server does better than the real one, and what it shows of itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from serving.errors import BackendError
from serving.initial_config import ensure_config
from serving.launch import LaunchOptions, RunningServer, launch
from tests.contract.server import Client, spec, wait_for
from tests.contract.toys import Versions


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, versions: Versions) -> Iterator[RunningServer]:
    """Serves version 1 as stable, as `dragoman serve` begins."""
    root = tmp_path_factory.mktemp("root")
    versions.push(root / "toy", 1)
    assert ensure_config(root) == root / "models.config"
    assert ensure_config(root) is None
    with launch(root, backend="embedded", options=LaunchOptions(batching=True)) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[Client]:
    made = Client(server.address, server.rest_address)
    yield made
    made.close()


def test_it_says_what_it_serves(server: RunningServer, client: Client) -> None:
    assert server.versions("toy") == {1: "AVAILABLE"}
    assert server.versions("nobody") == {}
    assert server.labelled("toy", "stable") == 1
    assert server.labelled("toy", "canary") is None
    assert client.reply(spec("toy", label="stable")) == "v1:x"


def test_reflection_lists_the_services(client: Client) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    (answer,) = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    names = {service.name for service in answer.list_services_response.service}
    assert {"tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"} <= names
    assert "grpc.health.v1.Health" in names


def test_health_is_checked_and_not_watched(client: Client) -> None:
    """An open stream would hold a thread and one of the calls that may run at once."""
    health = health_pb2_grpc.HealthStub(client.channel)
    with pytest.raises(grpc.RpcError) as refused:
        next(health.Watch(health_pb2.HealthCheckRequest()))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    for service in ("", "tensorflow.serving.PredictionService"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as unknown:
        health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_metrics_count_by_model_and_status(client: Client) -> None:
    client.reply(spec("toy"))
    for name in ("toy", "nobody"):
        with pytest.raises(grpc.RpcError):
            client.reply(spec(name, version=9))
    assert client.json("/v1/models/toy:predict", {"instances": ["a"]})[0] == 200
    _, text = client.http("/monitoring/prometheus/metrics")
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(samples[':tensorflow:serving:request_count{model_name="toy",status="OK"}']) >= 2
    assert float(samples[':tensorflow:serving:request_count{model_name="toy",status="NOT_FOUND"}']) >= 1
    # Names that callers make up do not become series.
    assert "nobody" not in text
    latency = ':tensorflow:serving:request_latency_count{API="Predict",entrypoint="REST",model_name="toy"}'
    assert float(samples[latency]) >= 1
    assert samples['dragoman_servable_state{model_name="toy",state="AVAILABLE",version="1"}'] == "1.0"
    assert samples['dragoman_servable_state{model_name="toy",state="LOADING",version="1"}'] == "0.0"


def test_sigterm_drains(versions: Versions, tmp_path: Path) -> None:
    """The running request is answered, the exit code is 0."""
    versions.push(tmp_path / "toy", 1)
    with launch(tmp_path / "toy", backend="embedded") as server:
        client = Client(server.address, server.rest_address)
        running = client.ask_later(spec("toy", signature="sleep"), {"seconds": [3.0]})
        assert client.reply(spec("toy")) == "v1:x"
        server._process.send_signal(signal.SIGTERM)
        assert running.result().model_spec.version.value == 1
        assert server.wait() == 0
        client.close()


def test_sigterm_answers_what_waits_for_a_batch(versions: Versions, tmp_path: Path) -> None:
    """Nobody else comes, and the drain does not wait an hour for company."""
    versions.push(tmp_path / "toy", 1)
    parameters = tmp_path / "batching.config"
    parameters.write_text("max_batch_size { value: 2 }\nbatch_timeout_micros { value: 3600000000 }\n")
    flags = ("--enable_batching=true", f"--batching_parameters_file={parameters}")
    with launch(tmp_path / "toy", backend="embedded", options=LaunchOptions(flags=flags)) as server:
        client = Client(server.address, server.rest_address)
        waiting = client.ask_later(spec("toy"), {"text": ["alone"]})
        # A full batch, sent on the same connection: when it is answered, the first has arrived.
        full = client.predict(spec("toy", signature="shout"), {"text": ["a", "b"]})
        assert full["reply"].tolist() == [b"A", b"B"]
        server._process.send_signal(signal.SIGTERM)
        assert waiting.result().outputs["reply"].string_val[0] == b"v1:alone"
        assert server.wait() == 0
        client.close()


def test_what_cannot_be_served_is_said(versions: Versions, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="does not exist"):
        launch(tmp_path / "nowhere", backend="embedded")
    with pytest.raises(BackendError, match="push a model first"):
        launch(tmp_path, backend="embedded")
    versions.push_garbage(tmp_path / "toy", 1)
    with pytest.raises(BackendError, match="Can't parse"):
        launch(tmp_path / "toy", backend="embedded")


def test_it_leaves_with_the_process_that_started_it(versions: Versions, tmp_path: Path) -> None:
    """A pipeline run killed with -9 leaves no server behind."""
    versions.push(tmp_path / "toy", 1)
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom serving.launch import launch\n"
        "server = launch(Path(sys.argv[1]), backend='embedded')\nprint(server.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "toy")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    wait_for(lambda: not os.path.exists(f"/proc/{pid}") or _is_zombie(pid), "the server's end")


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
