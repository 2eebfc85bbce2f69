"""A loaded version, in this process: restored as C++ does it, freed when it goes."""

from __future__ import annotations

from pathlib import Path

import grpc
import numpy as np
import psutil
import pytest
import tensorflow as tf

from serving.server.servable import LoadedVersion, SessionOptions
from serving.server.status import StatusError
from tests.contract.toys import Versions


class _Heavy(tf.Module):
    """A model of 16 MiB."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.random.stateless_uniform([4 << 20], seed=(1, 2)))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def scale(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x * self.weights[0]}


def _load(path: Path) -> LoadedVersion:
    return LoadedVersion("toy", 1, path, SessionOptions())


def test_a_signature_is_run_by_tensor_names(versions: Versions) -> None:
    loaded_version = _load(versions.template(1))
    signature = loaded_version.signatures["serving_default"]
    feeds = {signature.inputs["text"].name: np.array([b"a", b"\xff\0"], dtype=object)}
    (reply,) = loaded_version.run(feeds, [signature.outputs["reply"].name])
    assert reply.tolist() == [b"v1:a", b"v1:\xff\0"]
    loaded_version.close()


def test_a_variable_that_the_checkpoint_does_not_reach_is_found_out(tmp_path: Path) -> None:
    """What `tf.saved_model.load` hides: variables that the C++ restore path does not restore."""

    class Untracked(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self._hidden = [tf.Variable(2.0)]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def scale(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": x * self._hidden[0]}

    model = Untracked()
    tf.saved_model.save(model, str(tmp_path / "1"), signatures={"serving_default": model.scale})
    for file in (tmp_path / "1" / "variables").iterdir():
        file.unlink()
    loaded_version = _load(tmp_path / "1")
    signature = loaded_version.signatures["serving_default"]
    with pytest.raises(StatusError) as caught:
        loaded_version.run(
            {signature.inputs["x"].name: np.ones(1, np.float32)}, [signature.outputs["y"].name]
        )
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    loaded_version.close()


def test_a_call_stops_at_its_deadline(versions: Versions) -> None:
    loaded_version = _load(versions.template(1))
    signature = loaded_version.signatures["sleep"]
    feeds = {signature.inputs["seconds"].name: np.array([600.0], np.float32)}
    with pytest.raises(StatusError) as caught:
        loaded_version.run(feeds, [signature.outputs["rounds"].name], timeout=0.2)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    loaded_version.close()


def test_eight_versions_later_the_memory_is_what_it_was(tmp_path: Path) -> None:
    """8 versions of 16 MiB, one after the other: kept, they would be 128 MiB."""
    model = _Heavy()
    tf.saved_model.save(model, str(tmp_path / "1"), signatures={"serving_default": model.scale})
    process = psutil.Process()

    def flip() -> None:
        loaded_version = _load(tmp_path / "1")
        signature = loaded_version.signatures["serving_default"]
        loaded_version.run(
            {signature.inputs["x"].name: np.ones(1, np.float32)}, [signature.outputs["y"].name]
        )
        loaded_version.close()

    for _ in range(3):  # pools and caches fill
        flip()
    before = process.memory_info().rss
    for _ in range(8):
        flip()
    assert process.memory_info().rss - before < 48 << 20
