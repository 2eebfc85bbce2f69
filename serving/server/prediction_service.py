"""tensorflow.serving.PredictionService over gRPC."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.message import Message
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.server.core import ServerCore
from serving.server.metrics import Metrics
from serving.server.predict import SignatureRunner, find_signature, predict
from serving.server.status import StatusError, from_exception, invalid

SIGNATURE_FIELD = "signature_def"
Answer = TypeVar("Answer")


def require_spec(request: Message) -> None:
    """Raises: StatusError INVALID_ARGUMENT for a request that names no model at all."""
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")


def answer(context: grpc.ServicerContext, compute: Callable[[], Answer]) -> Answer:
    """What `compute` gives, or the status of its failure as that of the call."""
    try:
        return compute()
    except Exception as error:
        refusal = from_exception(error)
        context.abort(refusal.code, refusal.message)
        raise AssertionError("abort raises") from error


def deadline_of(context: grpc.ServicerContext) -> float | None:
    """The call's deadline on the clock of `time.monotonic`.

    Raises: StatusError when nobody waits for the answer any more: nothing is computed for such a call.
    """
    if not context.is_active():
        raise StatusError(grpc.StatusCode.CANCELLED, "the caller has gone")
    left = context.time_remaining()
    # gRPC gives a time of centuries, or None, where the caller set none.
    if left is None or left > 1e8:
        return None
    return time.monotonic() + left


def get_metadata(
    core: ServerCore, request: get_model_metadata_pb2.GetModelMetadataRequest
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """The signatures of a version.

    Raises: StatusError INVALID_ARGUMENT when no field, or another one than `signature_def`, is asked for.
    """
    require_spec(request)
    if not request.metadata_field:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != SIGNATURE_FIELD:
            raise invalid(f"Metadata field {field} is not supported")
    with core.borrow(request.model_spec) as loaded_version:
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = loaded_version.name
        response.model_spec.version.value = loaded_version.version
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in loaded_version.signatures.items():
            signatures.signature_def[name].CopyFrom(signature)
    packed = AnyProto()
    packed.Pack(signatures)
    response.metadata[SIGNATURE_FIELD].CopyFrom(packed)
    return response


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; the calls for tf.Example classifiers are refused as they deserve."""

    def __init__(self, core: ServerCore, runner: SignatureRunner, metrics: Metrics) -> None:
        self._core = core
        self._runner = runner
        self._metrics = metrics

    def Predict(  # noqa: N802 - the name of the RPC
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        return answer(context, lambda: self._predict(request, context))

    def GetModelMetadata(  # noqa: N802
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        return answer(context, lambda: get_metadata(self._core, request))

    def Classify(  # noqa: N802
        self, request: classification_pb2.ClassificationRequest, context: grpc.ServicerContext
    ) -> classification_pb2.ClassificationResponse:
        return answer(context, lambda: self._refuse_examples(request, "classification"))

    def Regress(  # noqa: N802
        self, request: regression_pb2.RegressionRequest, context: grpc.ServicerContext
    ) -> regression_pb2.RegressionResponse:
        return answer(context, lambda: self._refuse_examples(request, "regression"))

    def MultiInference(  # noqa: N802
        self, request: inference_pb2.MultiInferenceRequest, context: grpc.ServicerContext
    ) -> inference_pb2.MultiInferenceResponse:
        return answer(context, lambda: self._refuse_tasks(request))

    def _predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        with self._metrics.request(request.model_spec.name, "Predict", "GRPC"):
            deadline = deadline_of(context)
            require_spec(request)
            with self._core.borrow(request.model_spec) as loaded_version:
                return predict(loaded_version, request, deadline, self._runner)

    def _refuse_examples(self, request: Any, kind: str) -> NoReturn:
        """What such a call earns on a model whose signatures are made for Predict."""
        require_spec(request)
        with self._core.borrow(request.model_spec) as loaded_version:
            name, signature = find_signature(loaded_version, request.model_spec.signature_name)
            if "inputs" not in signature.inputs:
                raise StatusError(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"No {kind} inputs found in SignatureDef {name!r}: it is made for Predict",
                )
        raise StatusError(grpc.StatusCode.UNIMPLEMENTED, f"{kind} is not served here: use Predict")

    def _refuse_tasks(self, request: inference_pb2.MultiInferenceRequest) -> NoReturn:
        if not request.tasks:
            raise invalid("Inference request is missing or empty tasks.")
        for task in request.tasks:
            kind = "regression" if task.method_name.endswith("regress") else "classification"
            self._refuse_examples(task, kind)
        raise AssertionError("each task is refused")
