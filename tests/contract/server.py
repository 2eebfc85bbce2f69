"""The model server under test: a process that the suite starts, or one that is there already."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)
from tensorflow_serving.config import model_server_config_pb2

BINARY = os.environ.get("TENSORFLOW_MODEL_SERVER")
ADDRESS = os.environ.get("MODEL_SERVER_ADDRESS")
REST_ADDRESS = os.environ.get("MODEL_SERVER_REST_ADDRESS")
ROOT = os.environ.get("MODEL_SERVER_ROOT")

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds that a condition may take to come true."""
State = get_model_status_pb2.ModelVersionStatus


@dataclass(frozen=True)
class Differences:
    """Where the contract lets servers differ: no client may rely on either behaviour."""

    refuses_wrong_shapes: bool
    """Else a model gets whatever its C++ kernels take, as a sum of other widths than its signature says."""
    own_signatures: frozenset[str]
    """Signatures shown beside the model's: a real one hands on what SavedModel keeps there."""
    applies_what_was_given_up: bool
    """A reload that waits for another is applied though its caller's deadline has passed meanwhile."""
    forgets_an_end: bool
    """Else adding a model again at once may answer UNKNOWN, as its versions are still known as ended; it
    loads all the same."""
    pads_no_rows: bool
    """Else a request without rows aborts a server that has `allowed_batch_sizes` (SIGABRT in tensor.cc): it
    must never be sent there."""


EMBEDDED = Differences(
    refuses_wrong_shapes=True,
    own_signatures=frozenset(),
    applies_what_was_given_up=False,
    forgets_an_end=True,
    pads_no_rows=True,
)
REAL = Differences(
    refuses_wrong_shapes=False,
    own_signatures=frozenset({"__saved_model_init_op"}),
    applies_what_was_given_up=True,
    forgets_an_end=False,
    pads_no_rows=False,
)
"""TensorFlow Serving 2.16.1, as this suite found it."""
DIFFERENCES = REAL if BINARY or ADDRESS else EMBEDDED
"""Of the server under test; one that runs already may be a real one."""


def wait_for(condition: Callable[[], Any], what: str, timeout: float = PATIENCE) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def listens(port: int) -> bool:
    """Whether anybody takes connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _request(
    spec: model_pb2.ModelSpec | None, inputs: dict[str, Any], outputs: Sequence[str]
) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest(model_spec=spec, output_filter=outputs)
    for name, value in inputs.items():
        ready = value if isinstance(value, tensor_pb2.TensorProto) else tf.make_tensor_proto(value)
        request.inputs[name].CopyFrom(ready)
    return request


class Client:
    """Stock stubs, and HTTP; what every test asks with."""

    def __init__(self, address: str, rest_address: str | None) -> None:
        self.rest_address = rest_address
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        # The servers under test are on this machine, whatever proxy the environment names.
        self.channel = grpc.insecure_channel(address, [*unlimited, ("grpc.enable_http_proxy", 0)])
        self._direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def predict(
        self,
        spec: model_pb2.ModelSpec | None,
        inputs: dict[str, Any],
        outputs: Sequence[str] = (),
        timeout: float = PATIENCE,
    ) -> dict[str, Any]:
        """Outputs by name, as arrays."""
        return {k: tf.make_ndarray(v) for k, v in self.ask(spec, inputs, outputs, timeout).outputs.items()}

    def ask(
        self,
        spec: model_pb2.ModelSpec | None,
        inputs: dict[str, Any],
        outputs: Sequence[str] = (),
        timeout: float = PATIENCE,
    ) -> predict_pb2.PredictResponse:
        return self.prediction.Predict(_request(spec, inputs, outputs), timeout=timeout)

    def ask_later(self, spec: model_pb2.ModelSpec, inputs: dict[str, Any], timeout: float = PATIENCE) -> Any:
        """The call, not its answer."""
        return self.prediction.Predict.future(_request(spec, inputs, ()), timeout=timeout)

    def reply(self, spec: model_pb2.ModelSpec, text: str = "x") -> str:
        """What the toy replies to one text."""
        return self.predict(spec, {"text": [text]}, ["reply"])["reply"][0].decode()

    def states(self, name: str) -> dict[int, Any]:
        """The versions' statuses; none for an unknown model."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=model_pb2.ModelSpec(name=name))
        try:
            answer = self.models.GetModelStatus(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return {}
            raise
        return {status.version: status for status in answer.model_version_status}

    def state(self, name: str, version: int) -> int | None:
        status = self.states(name).get(version)
        return None if status is None else status.state

    def wait_for_state(self, name: str, version: int, state: int) -> Any:
        """The version's status, once it has come to the state."""
        wait_for(
            lambda: self.state(name, version) == state,
            f"{name}/{version} in state {State.State.Name(state)}, not {self.states(name)}",
        )
        return self.states(name)[version]

    def metadata(self, spec: model_pb2.ModelSpec | None, fields: Sequence[str]) -> Any:
        request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=fields)
        return self.prediction.GetModelMetadata(request, timeout=PATIENCE)

    def reload(self, config: model_server_config_pb2.ModelServerConfig, timeout: float = PATIENCE) -> Any:
        return self.models.HandleReloadConfigRequest(
            model_management_pb2.ReloadConfigRequest(config=config), timeout=timeout
        )

    def http(self, path: str, body: Any = None) -> tuple[int, str]:
        """Code and text of a GET, or of a POST of the JSON or bytes `body`."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.rest_address}{path}", data=data)
        try:
            with self._direct.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def json(self, path: str, body: Any = None) -> tuple[int, Any]:
        code, text = self.http(path, body)
        return code, json.loads(text)

    def close(self) -> None:
        self.channel.close()


def spec(
    name: str, version: int | None = None, label: str | None = None, signature: str = ""
) -> model_pb2.ModelSpec:
    """A ModelSpec."""
    made = model_pb2.ModelSpec(name=name, signature_name=signature)
    if version is not None:
        made.version.value = version
    if label is not None:
        made.version_label = label
    return made


def add_model(
    config: model_server_config_pb2.ModelServerConfig,
    name: str,
    base_path: Path,
    *,
    versions: Sequence[int] = (),
    latest: int = 0,
    every: bool = False,
    labels: dict[str, int] | None = None,
) -> None:
    """Another model of the configuration, with at most one of the policies."""
    model = config.model_config_list.config.add(
        name=name, base_path=str(base_path), model_platform="tensorflow"
    )
    if versions:
        model.model_version_policy.specific.versions.extend(versions)
    if latest:
        model.model_version_policy.latest.num_versions = latest
    if every:
        model.model_version_policy.all.SetInParent()
    for label, version in (labels or {}).items():
        model.version_labels[label] = version


class Process:
    """A model server that the suite started; the same flags for the embedded one and a real binary."""

    def __init__(self, flags: Sequence[str], log: Path) -> None:
        self.port, self.rest_port = free_port(), free_port()
        self.log = log
        program = [BINARY] if BINARY else [sys.executable, "-W", "ignore", "-m", "serving.server"]
        arguments = [f"--port={self.port}", f"--rest_api_port={self.rest_port}", *flags]
        # Tests wait for warnings, which a real server does not write at a higher level.
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "0"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*program, *arguments], stdout=output, stderr=subprocess.STDOUT, env=environment
            )

    def client(self) -> Client:
        return Client(f"127.0.0.1:{self.port}", f"127.0.0.1:{self.rest_port}")

    def wait_until_open(self) -> None:
        def open_or_dead() -> bool:
            assert self.process.poll() is None, (
                f"the server ended: {self.log.read_text('utf-8', 'replace')[-3000:]}"
            )
            return listens(self.port) and listens(self.rest_port)

        wait_for(open_or_dead, "open ports", 120)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def running(flags: Sequence[str], log: Path) -> Iterator[Process]:
    """A process that is stopped at the end, in whatever state."""
    process = Process(flags, log)
    try:
        yield process
    finally:
        process.stop()
