"""Versions as a server sees them: ModelService.GetModelStatus, PredictionService.GetModelMetadata."""

from __future__ import annotations

from dataclasses import dataclass

from serving.wire import prediction_pb2 as wire

PREDICT = "/tensorflow.serving.PredictionService/Predict"
METADATA = "/tensorflow.serving.PredictionService/GetModelMetadata"
STATUS = "/tensorflow.serving.ModelService/GetModelStatus"


@dataclass(frozen=True)
class VersionState:
    """A version on one server: START, LOADING, AVAILABLE, UNLOADING or END, with the error that ended it."""

    version: int
    state: str
    error_code: int = 0
    error_message: str = ""


def states(response: wire.GetModelStatusResponse) -> list[VersionState]:
    """Newest version first."""
    found = [
        VersionState(
            one.version,
            wire.ModelVersionStatus.State.Name(one.state),
            one.status.error_code,
            one.status.error_message,
        )
        for one in response.model_version_status
    ]
    return sorted(found, key=lambda one: one.version, reverse=True)


def signatures(response: wire.GetModelMetadataResponse) -> tuple[str, ...]:
    """Names of the signatures, sorted."""
    # Its type URL names tensorflow.serving.SignatureDefMap; ours is the same on the wire.
    found = wire.SignatureDefMap.FromString(response.metadata["signature_def"].value)
    return tuple(sorted(found.signature_def))


def metadata_request(spec: wire.ModelSpec) -> wire.GetModelMetadataRequest:
    """Cheap, and it names the version that a label stands for."""
    return wire.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
