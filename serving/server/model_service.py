"""tensorflow.serving.ModelService over gRPC: states of versions, and configurations sent over the wire."""

from __future__ import annotations

import logging

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2, model_service_pb2_grpc

from serving.server.core import ServerCore
from serving.server.manager import VersionState
from serving.server.prediction_service import answer, require_spec
from serving.server.status import StatusError

log = logging.getLogger(__name__)


def _status_proto(version: int, state: VersionState) -> get_model_status_pb2.ModelVersionStatus:
    proto = get_model_status_pb2.ModelVersionStatus(version=version, state=state.state)
    proto.status.error_code = state.error.number if state.error else 0
    proto.status.error_message = state.error.message if state.error else ""
    return proto


def get_status(
    core: ServerCore, request: get_model_status_pb2.GetModelStatusRequest
) -> get_model_status_pb2.GetModelStatusResponse:
    """The states of a model's versions, newest first, or of the version asked for; a label is ignored.

    Raises: StatusError NOT_FOUND for a model or version that was never wanted.
    """
    require_spec(request)
    name = request.model_spec.name
    states = core.manager.states(name)
    if request.model_spec.HasField("version"):
        version = request.model_spec.version.value
        if version not in states:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"Could not find version {version} of model {name}")
        states = {version: states[version]}
    if not states:
        raise StatusError(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {name}")
    return get_model_status_pb2.GetModelStatusResponse(
        model_version_status=[_status_proto(version, state) for version, state in states.items()]
    )


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest."""

    def __init__(self, core: ServerCore) -> None:
        self._core = core

    def GetModelStatus(  # noqa: N802 - the name of the RPC
        self, request: get_model_status_pb2.GetModelStatusRequest, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        return answer(context, lambda: get_status(self._core, request))

    def HandleReloadConfigRequest(  # noqa: N802
        self, request: model_management_pb2.ReloadConfigRequest, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        return answer(context, lambda: self._reload(request, context))

    def _reload(
        self, request: model_management_pb2.ReloadConfigRequest, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        self._core.reload(request.config, context.is_active)
        log.info("took a configuration of %d models", len(request.config.model_config_list.config))
        return model_management_pb2.ReloadConfigResponse()
