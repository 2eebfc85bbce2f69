"""How a server starts, and what it does when it cannot; each test has a server of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.config import model_server_config_pb2

from tests.contract import server as under_test
from tests.contract.server import DIFFERENCES, Process, State, add_model, listens, spec, wait_for
from tests.contract.test_predict import refusal
from tests.contract.toys import Versions

Start = Callable[..., Process]


def test_a_real_server_is_under_test() -> None:
    if under_test.ADDRESS:
        return
    if not under_test.BINARY:
        pytest.skip("no real server: TENSORFLOW_MODEL_SERVER names none; the embedded one is under test")
    said = subprocess.run([under_test.BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert "TensorFlow ModelServer" in said


def test_one_model_by_its_folder(start: Start, versions: Versions, tmp_path: Path) -> None:
    """Its ports open once the model is loaded: whoever gets through is answered."""
    versions.push(tmp_path / "toy", 3)
    process = start(f"--model_base_path={tmp_path}/toy", "--model_name=given")
    process.wait_until_open()
    client = process.client()
    assert client.reply(spec("given")) == "v3:x"


def test_without_a_version_it_waits_with_its_ports_closed(
    start: Start, versions: Versions, tmp_path: Path
) -> None:
    """A reload with a model that has no version blocks, too, and every later reload; serving goes on."""
    (tmp_path / "toy").mkdir()
    process = start(f"--model_base_path={tmp_path}/toy", "--model_name=toy")
    complaint = re.compile(r"no versions? of .*\btoy\b.* under", re.IGNORECASE)
    wait_for(
        lambda: complaint.search(process.log.read_text("utf-8", "replace")), "word of no versions in the log"
    )
    assert process.process.poll() is None
    assert not listens(process.port)
    versions.push(tmp_path / "toy", 1)
    process.wait_until_open()
    client = process.client()
    assert client.reply(spec("toy")) == "v1:x"

    (tmp_path / "empty").mkdir()
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, "toy", tmp_path / "toy")
    blocking = model_server_config_pb2.ModelServerConfig()
    blocking.CopyFrom(config)
    add_model(blocking, "empty", tmp_path / "empty")
    for change in (blocking, config):
        assert refusal(client.reload, change, 2.0)[0] is grpc.StatusCode.DEADLINE_EXCEEDED
        assert client.reply(spec("toy")) == "v1:x"
    versions.push(tmp_path / "empty", 2)
    if DIFFERENCES.applies_what_was_given_up:  # The second change takes the model out again.
        client.wait_for_state("empty", 2, State.END)
    try:
        client.reload(blocking)
    except grpc.RpcError as error:
        if DIFFERENCES.forgets_an_end or error.code() is not grpc.StatusCode.UNKNOWN:
            raise
    client.wait_for_state("empty", 2, State.AVAILABLE)
    assert client.reply(spec("empty")) == "v2:x"


def test_only_a_broken_version_ends_it(start: Start, tmp_path: Path) -> None:
    (tmp_path / "toy" / "1").mkdir(parents=True)
    process = start(f"--model_base_path={tmp_path}/toy", "--model_name=toy", "--max_num_load_retries=2")
    assert process.process.wait(120) == 255
    assert not listens(process.port)


def test_a_label_at_the_start_ends_it(start: Start, versions: Versions, tmp_path: Path) -> None:
    versions.push(tmp_path / "toy", 1)
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, "toy", tmp_path / "toy", versions=[1], labels={"stable": 1})
    (tmp_path / "models.config").write_text(str(config))
    process = start(f"--model_config_file={tmp_path}/models.config")
    assert process.process.wait(120) not in (0, None)
    assert not listens(process.port)
    assert "not currently available for inference" in process.log.read_text("utf-8", "replace")


def test_more_calls_at_once_than_threads_are_refused(
    start: Start, versions: Versions, tmp_path: Path
) -> None:
    versions.push(tmp_path / "toy", 1)
    process = start(f"--model_base_path={tmp_path}/toy", "--model_name=toy", "--grpc_max_threads=4")
    process.wait_until_open()
    client = process.client()
    assert client.reply(spec("toy")) == "v1:x"
    calls = [client.ask_later(spec("toy", signature="sleep"), {"seconds": [1.0]}) for _ in range(40)]
    codes = {call.code() for call in calls}
    assert codes == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
