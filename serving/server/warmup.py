"""Warm-up: recorded requests that a version answers before it becomes AVAILABLE."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.server.predict import predict
from serving.server.servable import LoadedVersion
from serving.server.status import StatusError, from_exception, invalid

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
MAX_RECORDS = 1000


def _records(file: str) -> Iterator[predict_pb2.PredictRequest]:
    for number, record in enumerate(tf.data.TFRecordDataset(file).as_numpy_iterator(), start=1):
        if number > MAX_RECORDS:
            raise invalid(
                f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {file}: write fewer of them"
            )
        log = prediction_log_pb2.PredictionLog()
        try:
            log.ParseFromString(record)
        except DecodeError as error:
            raise StatusError(
                grpc.StatusCode.DATA_LOSS, f"warmup record {number} of {file} is no PredictionLog"
            ) from error
        if log.WhichOneof("log_type") != "predict_log":
            raise StatusError(
                grpc.StatusCode.UNIMPLEMENTED,
                f"Unsupported log_type for warmup: {log.WhichOneof('log_type')} (record {number} of {file}); "
                "this server answers Predict only",
            )
        yield log.predict_log.request


def warm_up(loaded_version: LoadedVersion) -> int:
    """Answer the recorded requests of a version; how many there were.

    Raises: StatusError when a record fails, is none, or there are too many: the version must not serve.
    """
    file = loaded_version.path / WARMUP_FILE
    if not file.exists():
        return 0
    count = 0
    try:
        for request in _records(str(file)):
            predict(loaded_version, request, deadline=None)
            count += 1
    except Exception as error:
        raise from_exception(error) from error
    return count
