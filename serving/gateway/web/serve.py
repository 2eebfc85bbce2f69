"""A call as an endpoint: read, check, run, answer, count and log; every way out is an answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError, unwritten
from serving.gateway.core.traces import Tell
from serving.gateway.web.calls import Call, Interface
from serving.gateway.web.exchange import Exchange
from serving.gateway.web.fields import Fields, query_of, read
from serving.gateway.web.inquiry import request_id
from serving.gateway.web.origins import refuse_foreign
from serving.gateway.web.service import Service

log = logging.getLogger("serving.gateway")

_NONE = "none"
"""In metrics and the log, in the place of a call or an interface that there is not."""
_GONE = 499
"""Nobody is there any more to read it: nginx's code, for logs and metrics."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class _GoneError(Exception):
    """The client has hung up."""


def endpoint(service: Service, interface: Interface, call: Call) -> Callable[[Request], Awaitable[Response]]:
    """What Starlette calls."""

    async def answer(request: Request) -> Response:
        with service.traces.request(f"{interface.name} {call.name}", request.headers) as tell:
            return await answer_in(request, tell)

    async def answer_in(request: Request, tell: Tell) -> Response:
        started = time.perf_counter()
        exchange = Exchange(request, Fields(), id=request_id(request.headers.get("x-request-id")))
        try:
            if call.leaves_something:
                refuse_foreign(request, service.settings.cors_origins)
            exchange.fields = query_of(request)
            _admit(service, interface, call, exchange, is_whole=False)
            exchange.fields = await read(
                request, service.settings.limits, service.room, takes_file=call.takes_file
            )
            _admit(service, interface, call, exchange)
            response = await _until_gone(request, _run(service, call, exchange))
        except (_GoneError, ClientDisconnect):
            response = Response(status_code=_GONE)
        except GatewayError as error:
            service.metrics.fault(interface.name, call.name, error.fault)
            response = interface.refusal(error)
            exchange.log_fields |= {"fault": error.fault.value, "reason": error.reason}
        except SQLAlchemyError as error:
            log.exception("the database failed", extra={"fields": {"request": exchange.id}}, exc_info=error)
            service.metrics.fault(interface.name, call.name, Fault.UNAVAILABLE)
            response = interface.refusal(unwritten())
        except Exception as error:
            log.exception("a call failed", extra={"fields": {"request": exchange.id}}, exc_info=error)
            service.metrics.fault(interface.name, call.name, Fault.FAILED)
            response = interface.refusal(GatewayError(Fault.FAILED, "an error of the gateway's own"))
        exchange.log_fields["method"] = request.method
        seconds = time.perf_counter() - started
        _finish(service, (interface.name, call.name), exchange, response, seconds)
        tell(str(response.status_code), {"request": exchange.id, "key": exchange.key, **exchange.log_fields})
        return response

    return answer


def _admit(
    service: Service, interface: Interface, call: Call, exchange: Exchange, *, is_whole: bool = True
) -> None:
    """Find out who asks. Before the body is read (`is_whole`), as far as the key is not in there: of nobody
    who is refused a body is waited for.
    """
    if call.is_open or exchange.caller is not None:
        return
    secret = interface.key_of(exchange)
    if secret or is_whole:
        exchange.caller = service.callers.admit(secret, call.scope)


async def _run(service: Service, call: Call, exchange: Exchange) -> Response:
    if call.run is None:
        raise GatewayError(Fault.UNSUPPORTED, f"{exchange.request.url.path} is not served here: {call.note}")
    exchange.ignore(call.check(exchange.fields))
    return await call.run(service, exchange)


async def _until_gone(request: Request, running: Coroutine[Any, Any, Response]) -> Response:
    """Its response; cancelled, with what it has asked of model servers, when the client hangs up."""
    task = asyncio.ensure_future(running)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise _GoneError
    finally:
        task.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    """Return when the client of a request that has been read hangs up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def answer_to_no_call(
    service: Service, request: Request, fault: Fault, response: Response, interface: str | None = None
) -> Response:
    """The response to what is in no table, with what belongs to one. Path and method are its sender's to
    choose: neither is a label, or in the log. `interface`: whose words they are.
    """
    exchange = Exchange(request, Fields(), id=request_id(request.headers.get("x-request-id")))
    exchange.log_fields["fault"] = fault.value
    named = interface or _NONE, _NONE
    service.metrics.fault(*named, fault)
    _finish(service, named, exchange, response, 0.0)
    return response


def _finish(
    service: Service, named: tuple[str, str], exchange: Exchange, response: Response, seconds: float
) -> None:
    """Add the headers that all answers have, count and log. `named`: interface and call."""
    for name, value in {**SECURITY_HEADERS, **exchange.headers}.items():
        response.headers.setdefault(name, value.encode("latin-1", "replace").decode("latin-1"))
    response.headers["X-Request-Id"] = exchange.id
    interface, call = named
    service.metrics.request(interface, call, response.status_code, seconds)
    fields = {
        "request": exchange.id,
        "interface": interface,
        "call": call,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 2),
        **({"key": exchange.key} if exchange.key else {}),
        **exchange.log_fields,
    }
    log.info("answered", extra={"fields": fields})
