"""A stock tensorflow-serving-api client of a few lines: no Dragoman import but to start the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc


class Translator(tf.Module):
    """The signature of a translator, and four words."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="source")])
    def translate(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        words = [("good", "guten"), ("morning", "Morgen"), ("Good", "Guten"), ("evening", "Abend")]
        translation = source
        for english, german in words:
            translation = tf.strings.regex_replace(translation, rf"\b{english}\b", german)
        empty = tf.equal(tf.strings.length(source), 0)
        score = tf.where(empty, 0.0, -0.5)
        return {"translation": translation, "score": score, "truncated": tf.zeros_like(score, tf.bool)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A model server that serves it."""
    from serving.launch import launch

    model = tmp_path_factory.mktemp("root") / "en-de"
    translator = Translator()
    signatures = {"serving_default": translator.translate}
    tf.saved_model.save(translator, str(Path(model) / "1"), signatures=signatures)
    with launch(model, backend="embedded") as server:
        yield server.address


def test_a_few_lines_translate(address: str) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "en-de"
    request.inputs["source"].CopyFrom(tf.make_tensor_proto(["Good morning", "", "good evening"]))
    with grpc.insecure_channel(address) as channel:
        answer = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=10)
    assert list(answer.outputs["translation"].string_val) == [b"Guten Morgen", b"", b"guten Abend"]
    assert list(answer.outputs["score"].float_val) == [-0.5, 0.0, -0.5]
