"""For operators: versions, labels, history and traffic, and what is done about them."""

from __future__ import annotations

from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.database.keys import OPERATE
from serving.gateway.interfaces.dragoman import bearer, refusal
from serving.gateway.web.calls import NUMBER, Call, Interface, Option
from serving.gateway.web.exchange import Exchange, as_json
from serving.gateway.web.fields import Fields
from serving.gateway.web.operators import ACTIONS, LabelRequest, OperatorAction, Operators
from serving.gateway.web.origins import refuse_foreign
from serving.gateway.web.service import Service
from serving.versions import LARGEST


def _operators(service: Service, exchange: Exchange) -> Operators:
    """For programs and this gateway's page: no page elsewhere operates it, whatever `cors_origins` says.

    Raises:
        GatewayError: KEY_REFUSED, it is another page.
    """
    refuse_foreign(exchange.request, ())
    return Operators(service.settings, service.offers, service.metrics)


def _wanted(fields: Fields) -> LabelRequest:
    action, model = fields.text("action"), fields.text("model")
    version = fields.number("version", 0, LARGEST)
    if action not in ACTIONS:
        raise GatewayError(Fault.INVALID, f"action is one of {', '.join(ACTIONS)}")
    if model is None or (action == "promote") != (version is not None):
        raise GatewayError(
            Fault.INVALID, "say the model, and of a promotion, and of nothing else, the version"
        )
    return LabelRequest(cast(OperatorAction, action), model, version, fields.text("reason") or "")


async def _state(service: Service, exchange: Exchange) -> Response:
    return as_json(await run_in_threadpool(_operators(service, exchange).state))


async def _plan(service: Service, exchange: Exchange) -> Response:
    operators, wanted = _operators(service, exchange), _wanted(exchange.fields)
    return as_json(await run_in_threadpool(operators.plan, wanted))


async def _act(service: Service, exchange: Exchange) -> Response:
    operators, wanted = _operators(service, exchange), _wanted(exchange.fields)
    plan = exchange.fields.text("plan")
    if plan is None:
        raise GatewayError(Fault.INVALID, "say the plan that is confirmed, as /v1/operators/plan gave it")
    exchange.log_fields |= {"action": wanted.action, "model": wanted.model, "to": wanted.version}
    return as_json(await run_in_threadpool(operators.act, wanted, plan, exchange.key))


_WANTED = (
    Option("action", "what is to be done", {"enum": list(ACTIONS)}, required=True, example="promote"),
    Option("model", "its name", required=True, example="en-de"),
    Option("version", "that a promotion gives the label `stable`", NUMBER, example=2),
)

INTERFACE = Interface(
    "operators",
    "Operators v1",
    (
        Call(
            ("GET",),
            "/v1/operators/state",
            "versions, labels and scores by model, the latest changes of labels, and what this gateway has "
            "asked of each version since it began",
            _state,
            scope=OPERATE,
        ),
        Call(
            ("POST",),
            "/v1/operators/plan",
            "what a promotion, a rollback or the end of a canary's trial would do, as `--dry-run` says it",
            _plan,
            _WANTED,
            scope=OPERATE,
        ),
        Call(
            ("POST",),
            "/v1/operators/act",
            "do it, if it is still what the plan said; answers when the replicas have followed",
            _act,
            (
                *_WANTED,
                Option("plan", "what `/v1/operators/plan` has called it", required=True),
                Option("reason", "why, for the history"),
            ),
            scope=OPERATE,
        ),
    ),
    refusal,
    bearer,
    ("/v1/operators/",),
)
