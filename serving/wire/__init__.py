"""TensorFlow Serving's messages and methods, as far as a client needs them, without TensorFlow."""

from __future__ import annotations

from typing import Any

from serving.wire import serving_pb2 as messages

_PREDICTION = "/tensorflow.serving.PredictionService"
_MODEL = "/tensorflow.serving.ModelService"


class Stub:
    """The methods of TensorFlow Serving on a channel, blocking or asyncio."""

    def __init__(self, channel: Any) -> None:
        self.predict = channel.unary_unary(
            f"{_PREDICTION}/Predict",
            request_serializer=messages.PredictRequest.SerializeToString,
            response_deserializer=messages.PredictResponse.FromString,
        )
        self.metadata = channel.unary_unary(
            f"{_PREDICTION}/GetModelMetadata",
            request_serializer=messages.GetModelMetadataRequest.SerializeToString,
            response_deserializer=messages.GetModelMetadataResponse.FromString,
        )
        self.status = channel.unary_unary(
            f"{_MODEL}/GetModelStatus",
            request_serializer=messages.GetModelStatusRequest.SerializeToString,
            response_deserializer=messages.GetModelStatusResponse.FromString,
        )


__all__ = ["Stub", "messages"]
