"""Warm-up records: requests that a model server sends to itself before a version becomes AVAILABLE.

https://www.tensorflow.org/tfx/serving/saved_model_warmup: a TFRecord of PredictionLog in
`assets.extra/tf_serving_warmup_requests`, at most 1,000 of them; a record that fails makes the load fail.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from contracts.signatures import (
    N_BEST,
    OPTIONAL,
    SOURCE,
    TARGET_LANGUAGE,
    TENSORS,
    TRANSLATE,
    UNASKED,
    Signature,
)
from pipeline.errors import PushError

FILE_NAME = "tf_serving_warmup_requests"
SIGNATURES = (TRANSLATE, N_BEST)
"""Of which a model has to have one."""
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


def _record(
    model_name: str, signature: Signature, inputs: Collection[str], asked: Sequence[tuple[str, str]]
) -> bytes:
    """`asked`: sentences, each with the language that a model of several directions is asked for."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature.name
    values: dict[str, Sequence[Any]] = {
        SOURCE: [sentence.encode("utf-8", "replace") for sentence, _ in asked],
        TARGET_LANGUAGE: [language.encode() for _, language in asked],
    }
    directed = (TARGET_LANGUAGE,) if TARGET_LANGUAGE in inputs else ()
    for name in (*signature.inputs, *directed):
        rows = values[name] if name in values else [UNASKED[name]] * len(asked)
        tensor = tf.make_tensor_proto(rows, dtype=TENSORS[name].dtype, shape=[len(rows)])
        request.inputs[name].CopyFrom(tensor)
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return bytes(log.SerializeToString())


def write_warmup(
    saved_model: Path,
    model_name: str,
    sentences: Sequence[str],
    folder: Path,
    languages: Sequence[str] = (),
) -> None:
    """One request per signature and batch size, the sentences in turn; of the optional signatures those that
    are there.

    Args:
        languages: that of each sentence, of a model of several directions; empty: its first.

    Raises:
        PushError: no sentence to send, or no signature that takes text.
    """
    if not sentences:
        raise PushError(
            "no canary sentence to warm the model up with: name some in serving_check.canary_sentences"
        )
    servable = text_signatures(saved_model)
    signatures = [signature for signature in (*SIGNATURES, *OPTIONAL) if signature.name in servable]
    if not set(SIGNATURES) & set(signatures):
        names = ", ".join(signature.name for signature in SIGNATURES)
        raise PushError(
            f"{saved_model} has neither of the signatures {names} with an input {SOURCE!r}: "
            "export it with trainer.export"
        )
    asked = list(zip(sentences, languages or [""] * len(sentences), strict=True))
    path = folder / FILE_NAME
    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for signature in signatures:
                for size in BATCH_SIZES:
                    batch = list(itertools.islice(itertools.cycle(asked), size))
                    writer.write(_record(model_name, signature, servable[signature.name], batch))
    except tf.errors.OpError as error:
        # TensorFlow's file system raises its own kind of error.
        raise PushError(
            f"cannot write {path}: {error.message}: free some space, or make it writable"
        ) from error
