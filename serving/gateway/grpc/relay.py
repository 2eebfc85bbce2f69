"""TensorFlow Serving's calls, passed to the model server that has the model: bytes in, the same bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc
from google.protobuf.message import DecodeError

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.grpc.answering import answering
from serving.gateway.grpc.calls import MODEL, PREDICTION, call_of
from serving.gateway.web.inquiry import Inquiry
from serving.gateway.web.service import Service
from serving.wire import prediction_pb2 as wire

_RELAYED = ((PREDICTION, "Predict"), (PREDICTION, "GetModelMetadata"), (MODEL, "GetModelStatus"))
_RELOAD = "HandleReloadConfigRequest"

_Answer = Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]


class Relay:
    """The calls that are passed, and the one that is refused; of one event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        """For the server; nothing is read of a message before these do."""
        answers: dict[str, dict[str, _Answer]] = {PREDICTION: {}, MODEL: {}}
        for name, call in _RELAYED:
            answers[name][call] = self._relaying(name, call)
        answers[MODEL][_RELOAD] = self._refuse
        return tuple(
            grpc.method_handlers_generic_handler(
                name, {call: grpc.unary_unary_rpc_method_handler(answer) for call, answer in calls.items()}
            )
            for name, calls in answers.items()
        )

    def _relaying(self, name: str, call: str) -> _Answer:
        service, path = self._service, f"/{name}/{call}"
        deadline = service.settings.limits.deadline

        async def answer(message: bytes, context: grpc.aio.ServicerContext) -> bytes:
            async with answering(service, context, call_of(path)) as inquiry:
                model = _model_of(message)
                if call == "Predict":
                    _check_rows(message)
                try:
                    return await asyncio.wait_for(self._relayed(inquiry, model, path, message), deadline)
                except asyncio.TimeoutError:
                    raise GatewayError(Fault.TIMEOUT, f"not answered within {deadline:g} s") from None

        return answer

    async def _relayed(self, inquiry: Inquiry, model: str, path: str, message: bytes) -> bytes:
        service = self._service
        route = service.offers.now.route_of(model)
        inquiry.log_fields |= {"models": [model], "bytes": len(message)}
        # How many characters there are in it is not looked at: no more than there are bytes.
        cost = len(message) if path.endswith("/Predict") else 0
        assert inquiry.caller is not None, "a call that is passed on is not open"
        with inquiry.caller.spending(cost):
            async with service.admission.place():
                return await service.broker.relay(route, path, message)

    async def _refuse(self, message: bytes, context: grpc.aio.ServicerContext) -> bytes:
        del message
        async with answering(self._service, context, call_of(f"/{MODEL}/{_RELOAD}")):
            raise GatewayError(
                Fault.KEY_REFUSED,
                "what is served is the operator's to say, in models.config (`dragoman promote`)",
            )


def _check_rows(message: bytes) -> None:
    """See that there is something to predict: a request without rows ends a server that joins requests into
    batches of certain sizes (`allowed_batch_sizes`), for everybody.

    Raises:
        GatewayError: INVALID, it cannot be read, or an input has no rows.
    """
    try:
        inputs = wire.PredictRequest.FromString(message).inputs
    except DecodeError:
        raise GatewayError(Fault.INVALID, "the request cannot be read") from None
    for tensor in inputs.values():
        if tensor.tensor_shape.dim and tensor.tensor_shape.dim[0].size == 0:
            raise GatewayError(Fault.INVALID, "an input has no rows: send at least one text")


def _model_of(message: bytes) -> str:
    """Its name. In each of these messages field 1 is the model; the others are skipped, as long as they are.

    Raises:
        GatewayError: INVALID, it cannot be read, or names none.
    """
    try:
        name = wire.GetModelStatusRequest.FromString(message).model_spec.name
    except DecodeError:
        raise GatewayError(Fault.INVALID, "the request cannot be read") from None
    if not name:
        raise GatewayError(Fault.INVALID, "missing: model_spec.name")
    return str(name)
