"""Versions as a server sees them: ModelService.GetModelStatus, PredictionService.GetModelMetadata."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from serving.client.connection import Method
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire

PREDICT = Method("/tensorflow.serving.PredictionService/Predict", wire.PredictRequest, wire.PredictResponse)
METADATA = Method(
    "/tensorflow.serving.PredictionService/GetModelMetadata",
    wire.GetModelMetadataRequest,
    wire.GetModelMetadataResponse,
)
STATUS = Method(
    "/tensorflow.serving.ModelService/GetModelStatus",
    wire.GetModelStatusRequest,
    wire.GetModelStatusResponse,
)


@dataclass(frozen=True)
class VersionState:
    """A version on one server: START, LOADING, AVAILABLE, UNLOADING or END, with the error that ended it."""

    version: int
    state: str
    error_code: int = 0
    error_message: str = ""


def states(response: wire.GetModelStatusResponse, address: str) -> list[VersionState]:
    """What the server at `address` says, newest version first.

    Raises:
        RequestError: a state that TensorFlow Serving does not have.
    """
    known = wire.ModelVersionStatus.State
    for reported in response.model_version_status:
        if reported.state not in known.values():
            raise RequestError(
                f"the server at {address} gives version {reported.version} the unknown state "
                f"{reported.state}: see what runs there"
            )
    every = [
        VersionState(
            reported.version,
            known.Name(reported.state),
            reported.status.error_code,
            reported.status.error_message,
        )
        for reported in response.model_version_status
    ]
    return sorted(every, key=lambda state: state.version, reverse=True)


def signatures(response: wire.GetModelMetadataResponse) -> tuple[str, ...]:
    """Names of the signatures, sorted.

    Raises:
        RequestError: they cannot be read.
    """
    try:
        # Its type URL names tensorflow.serving.SignatureDefMap; ours is the same on the wire.
        definitions = wire.SignatureDefMap.FromString(response.metadata["signature_def"].value)
    except DecodeError as error:
        raise RequestError(
            f"the signatures that the server answered cannot be read ({error}): is it a TensorFlow Serving?"
        ) from error
    return tuple(sorted(definitions.signature_def))


def metadata_request(spec: wire.ModelSpec) -> wire.GetModelMetadataRequest:
    """Cheap, and it names the version that a label stands for."""
    return wire.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
