"""Requests that run together: answers go to whom they belong, limits are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import tensorflow as tf

from tests.contract.server import DIFFERENCES, Process, spec
from tests.contract.test_predict import refusal
from tests.contract.toys import Versions

PARAMETERS = """
max_batch_size { value: 8 }
batch_timeout_micros { value: 200000 }
num_batch_threads { value: 1 }
max_enqueued_batches { value: 2 }
allowed_batch_sizes: 4
allowed_batch_sizes: 8
"""


def test_batching(start: Callable[..., Process], versions: Versions, tmp_path: Path) -> None:
    """One server for all of it."""
    versions.push(tmp_path / "toy", 1)
    (tmp_path / "batching.config").write_text(PARAMETERS)
    process = start(
        f"--model_base_path={tmp_path}/toy",
        "--model_name=toy",
        "--enable_batching=true",
        f"--batching_parameters_file={tmp_path}/batching.config",
    )
    process.wait_until_open()
    client = process.client()

    # Rows come back to those who sent them, whatever was padded or merged.
    calls = [
        client.ask_later(spec("toy"), {"text": [f"{n}a", f"{n}b", f"{n}c"][: 1 + n % 3]}) for n in range(8)
    ]
    for n, call in enumerate(calls):
        expected = [f"v1:{n}{letter}".encode() for letter in "abc"][: 1 + n % 3]
        assert list(call.result().outputs["reply"].string_val) == expected
    assert client.reply(spec("toy", signature="shout"), "alone") == "ALONE"

    # No row in, no row out.
    if DIFFERENCES.pads_no_rows:
        no_row = client.predict(spec("toy"), {"text": tf.constant([], tf.string, shape=[0])})
        assert {name: len(values) for name, values in no_row.items()} == {"reply": 0, "bytes": 0}

    # More rows than a batch may have.
    code, message = refusal(client.ask, spec("toy"), {"text": ["x"] * 9})
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "larger than" in message

    # One row that fails, fails its whole batch: here the two calls become one full batch.
    number = spec("toy", signature="number")
    pair = [client.ask_later(number, {"text": [text] * 4}) for text in ("1", "one")]
    assert [call.code() for call in pair] == [grpc.StatusCode.INVALID_ARGUMENT] * 2
    assert client.predict(number, {"text": ["1"] * 4})["value"].tolist() == [1.0] * 4

    # A batch that runs and two that wait: what comes now finds the queue full.
    sleep = spec("toy", signature="sleep")
    calls = [client.ask_later(sleep, {"seconds": [1.5] * 8}) for _ in range(8)]
    codes = {call.code() for call in calls}
    assert codes == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    assert client.reply(spec("toy")) == "v1:x"
