"""Warm-up records: read back as a model server reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from pipeline.errors import PushError
from pipeline.steps.push.warmup import write_warmup
from tests.pipeline.steps.push.cards import saved_model


def _requests(path: Path) -> list[tuple[str, str, list[bytes]]]:
    requests = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        rows = list(tf.make_ndarray(request.inputs["source"]))
        requests.append((request.model_spec.name, request.model_spec.signature_name, rows))
    return requests


def test_each_signature_at_each_batch_size(tmp_path: Path) -> None:
    write_warmup(saved_model(tmp_path / "export"), "translator", ["Hallo.", "größer 🙂"], tmp_path)
    requests = _requests(tmp_path / "tf_serving_warmup_requests")
    assert [(name, signature, len(rows)) for name, signature, rows in requests] == [
        ("translator", signature, size) for signature in ("serving_default", "n_best") for size in (1, 4, 32)
    ]
    assert requests[1][2] == [b"Hallo.", "größer 🙂".encode()] * 2


def test_only_the_signatures_that_are_there(tmp_path: Path) -> None:
    write_warmup(saved_model(tmp_path / "export", ("serving_default", "other")), "t", ["a"], tmp_path)
    assert {signature for _, signature, _ in _requests(tmp_path / "tf_serving_warmup_requests")} == {
        "serving_default"
    }


def test_optional_signatures_get_values_that_ask_for_nothing(tmp_path: Path) -> None:
    names = ("serving_default", "sample", "constrained")
    write_warmup(saved_model(tmp_path / "export", names), "t", ["a", "b"], tmp_path)
    records = tf.data.TFRecordDataset(str(tmp_path / "tf_serving_warmup_requests")).as_numpy_iterator()
    requests = [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
    sent = {
        request.model_spec.signature_name: {
            name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()
        }
        for request in requests
        if len(tf.make_ndarray(request.inputs["source"])) == 4
    }
    assert set(sent) == set(names)
    assert sent["sample"]["temperature"].tolist() == [1.0] * 4
    assert sent["sample"]["seed"].dtype.name == "int64"
    assert sent["sample"]["top_k"].dtype.name == "int32"
    assert sent["constrained"]["constraints"].tolist() == [b""] * 4
    assert len(requests) == 9


def test_no_text_signature(tmp_path: Path) -> None:
    with pytest.raises(PushError, match="neither of the signatures"):
        write_warmup(saved_model(tmp_path / "export", ("other",)), "t", ["a"], tmp_path)


def test_a_lone_surrogate_is_sent_as_text(tmp_path: Path) -> None:
    write_warmup(saved_model(tmp_path / "export"), "t", ["a\ud800b"], tmp_path)
    assert _requests(tmp_path / "tf_serving_warmup_requests")[0][2] == [b"a?b"]
