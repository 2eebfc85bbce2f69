"""A call over gRPC: who asks, counted and logged; every error is a status that says when to come again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc

from serving.gateway.core.errors import Fault, GatewayError, RefusedError
from serving.gateway.grpc.calls import RemoteCall
from serving.gateway.web.inquiry import Inquiry, known_label, request_id
from serving.gateway.web.service import Service
from serving.wire import rpc_status_pb2 as wire

log = logging.getLogger("serving.gateway")

_Code = grpc.StatusCode
CODES = {
    Fault.INVALID: _Code.INVALID_ARGUMENT,
    Fault.UNSUPPORTED: _Code.UNIMPLEMENTED,
    Fault.NOT_FOUND: _Code.NOT_FOUND,
    Fault.WRONG_METHOD: _Code.UNIMPLEMENTED,
    Fault.TOO_LARGE: _Code.INVALID_ARGUMENT,
    Fault.TOO_SLOW: _Code.DEADLINE_EXCEEDED,
    Fault.KEY_MISSING: _Code.UNAUTHENTICATED,
    Fault.KEY_REFUSED: _Code.PERMISSION_DENIED,
    Fault.TOO_FAST: _Code.RESOURCE_EXHAUSTED,
    Fault.QUOTA: _Code.RESOURCE_EXHAUSTED,
    Fault.OVERLOADED: _Code.RESOURCE_EXHAUSTED,
    Fault.UNAVAILABLE: _Code.UNAVAILABLE,
    Fault.TIMEOUT: _Code.DEADLINE_EXCEEDED,
    Fault.NOT_READY: _Code.FAILED_PRECONDITION,
    Fault.FAILED: _Code.INTERNAL,
}
_DOMAIN = "dragoman"
_MOST_SAID = 1500
"""Bytes."""
_TYPES = "type.googleapis.com/google.rpc."
"""Under which every client knows these messages; ours are the same on the wire."""


@asynccontextmanager
async def answering(
    service: Service, context: grpc.aio.ServicerContext, call: RemoteCall
) -> AsyncIterator[Inquiry]:
    """A call while it is answered."""
    started = time.perf_counter()
    said = said_in(context.invocation_metadata())
    inquiry = Inquiry(id=request_id(_text(said.get("x-request-id"))))
    context.set_trailing_metadata((("x-request-id", inquiry.id),))
    status = "OK"
    with service.traces.request(f"{call.interface} {call.name}", said) as tell:
        try:
            if call.scope is not None:
                inquiry.caller = service.callers.admit(key_of(said), call.scope)
            yield inquiry
        except GatewayError as error:
            status = CODES[error.fault].name
            service.metrics.fault(call.interface, call.name, error.fault)
            inquiry.log_fields |= {"fault": error.fault.value, "reason": error.reason}
            await _abort(context, inquiry, error)
        except RefusedError as error:  # Its words may quote the request: they are for no log.
            status = error.status
            await context.abort(_Code[status], _short(error), (("x-request-id", inquiry.id),))
        except asyncio.CancelledError:  # The client has gone, or its deadline is over.
            status = _Code.CANCELLED.name
            raise
        except Exception as error:
            status = _Code.INTERNAL.name
            service.metrics.fault(call.interface, call.name, Fault.FAILED)
            log.exception("a call failed", extra={"fields": {"request": inquiry.id}}, exc_info=error)
            await _abort(context, inquiry, GatewayError(Fault.FAILED, "an error of the gateway's own"))
        finally:
            _note(service, inquiry, call, status, time.perf_counter() - started)
            tell(status, {"request": inquiry.id, "key": inquiry.key, **inquiry.log_fields})


def label_of(context: grpc.aio.ServicerContext) -> str | None:
    """The label that a call asks for in its metadata; None: the settings'. Raises as `known_label`."""
    said = dict(context.invocation_metadata() or ())
    return known_label(_text(said.get("x-dragoman-label")))


def said_in(metadata: grpc.aio.Metadata | Sequence[tuple[str, str | bytes]] | None) -> dict[str, Any]:
    """What a call's metadata say, by names in lower case."""
    return {name.lower(): value for name, value in metadata or ()}


def key_of(said: Mapping[str, Any]) -> str | None:
    """The key that a call shows in what its metadata say."""
    scheme, _, key = (_text(said.get("authorization")) or "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return _text(said.get("x-api-key"))


def _text(value: str | bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


async def _abort(context: grpc.aio.ServicerContext, inquiry: Inquiry, error: GatewayError) -> NoReturn:
    code = CODES[error.fault]
    status = wire.RpcStatus(code=code.value[0], message=_short(error))
    reason = error.fault.value.upper().replace(" ", "_")
    _add(status, "ErrorInfo", wire.ErrorInfo(reason=reason, domain=_DOMAIN))
    if error.retry_after is not None:
        retry = wire.RetryInfo()
        retry.retry_delay.FromMilliseconds(round(error.retry_after * 1000))
        _add(status, "RetryInfo", retry)
    trailing = (
        ("x-request-id", inquiry.id),
        ("grpc-status-details-bin", status.SerializeToString()),
    )
    await context.abort(code, _short(error), trailing)
    raise AssertionError("abort raises")


def _short(error: Exception) -> str:
    """What it says. Of more than 8 KiB of metadata, in which this stands twice and written in ASCII, clients
    say nothing but that, with a code that has them try again."""
    return str(error).encode("utf-8", "replace")[:_MOST_SAID].decode("utf-8", "ignore")


def _add(status: wire.RpcStatus, name: str, message: Any) -> None:
    status.details.add(type_url=_TYPES + name, value=message.SerializeToString())


def _note(service: Service, inquiry: Inquiry, call: RemoteCall, status: str, seconds: float) -> None:
    service.metrics.request(call.interface, call.name, status, seconds)
    fields = {
        "request": inquiry.id,
        "interface": call.interface,
        "call": call.name,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        **({"key": inquiry.key} if inquiry.key else {}),
        **inquiry.log_fields,
    }
    log.info("answered", extra={"fields": fields})
