"""Warm-up records: requests that a model server sends to itself before a version becomes AVAILABLE.

https://www.tensorflow.org/tfx/serving/saved_model_warmup: a TFRecord of PredictionLog in
`assets.extra/tf_serving_warmup_requests`, at most 1,000 of them; a record that fails makes the load fail.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from contracts.signatures import N_BEST, SOURCE, TARGET_LANGUAGE, TRANSLATE
from pipeline.errors import PushError

FILE_NAME = "tf_serving_warmup_requests"
SIGNATURES = (TRANSLATE.name, N_BEST.name)
BATCH_SIZES = (1, 4, 32)


def text_signatures(saved_model: Path) -> dict[str, set[str]]:
    """The signatures of the SavedModel that take sentences, with their inputs.

    Raises:
        PushError: it is none.
    """
    model = saved_model_pb2.SavedModel()
    path = saved_model / "saved_model.pb"
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError:
        raise PushError(f"{path} is no SavedModel: export the model again") from None
    return {
        name: set(definition.inputs)
        for graph in model.meta_graphs
        for name, definition in graph.signature_def.items()
        if SOURCE in definition.inputs
    }


def _record(model_name: str, signature: str, inputs: Collection[str], sentences: Sequence[str]) -> bytes:
    """A model of several directions is asked for its first."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature
    rows = [sentence.encode("utf-8", "replace") for sentence in sentences]
    request.inputs[SOURCE].CopyFrom(tf.make_tensor_proto(rows, dtype=tf.string, shape=[len(rows)]))
    if TARGET_LANGUAGE in inputs:
        languages = tf.make_tensor_proto([""] * len(rows), dtype=tf.string, shape=[len(rows)])
        request.inputs[TARGET_LANGUAGE].CopyFrom(languages)
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return bytes(log.SerializeToString())


def write_warmup(saved_model: Path, model_name: str, sentences: Sequence[str], folder: Path) -> None:
    """One request per signature and batch size, the sentences in turn.

    Raises:
        PushError: no sentence to send, or no signature that takes text.
    """
    if not sentences:
        raise PushError(
            "no canary sentence to warm the model up with: name some in serving_check.canary_sentences"
        )
    found = text_signatures(saved_model)
    signatures = [name for name in SIGNATURES if name in found]
    if not signatures:
        raise PushError(
            f"{saved_model} has neither of the signatures {', '.join(SIGNATURES)} with an input {SOURCE!r}: "
            "export it with trainer.export"
        )
    path = folder / FILE_NAME
    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for signature in signatures:
                for size in BATCH_SIZES:
                    batch = list(itertools.islice(itertools.cycle(sentences), size))
                    writer.write(_record(model_name, signature, found[signature], batch))
    except tf.errors.OpError as error:
        # TensorFlow's file system raises its own kind of error.
        raise PushError(
            f"cannot write {path}: {error.message}: free some space, or make it writable"
        ) from error
