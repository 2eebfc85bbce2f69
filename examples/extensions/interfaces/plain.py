"""Text in, text out: `curl -d text='Good morning.' -d to=de http://127.0.0.1:5000/plain`."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import Wish
from serving.gateway.interfaces.dragoman import bearer
from serving.gateway.web.calls import Call, Interface, Option
from serving.gateway.web.exchange import Exchange
from serving.gateway.web.service import Service


def _refusal(error: GatewayError) -> Response:
    return PlainTextResponse(f"{error}\n", 503 if error.fault is Fault.UNAVAILABLE else 400)


async def _translate(service: Service, exchange: Exchange) -> Response:
    text, target = exchange.fields.text("text"), exchange.fields.text("to")
    if text is None or target is None:
        raise GatewayError(Fault.INVALID, "say text and to")
    outcome = await service.translate(exchange, Wish((text,), target, label=exchange.label))
    return PlainTextResponse(outcome.answers[0].text)


INTERFACE = Interface(
    "plain",
    "Plain text",
    (
        Call(
            ("POST",),
            "/plain",
            "translate a text",
            _translate,
            (
                Option("text", "a text", required=True, example="Good morning."),
                Option("to", "the language that is wanted", required=True, example="de"),
            ),
        ),
    ),
    _refusal,
    bearer,
    ("/plain",),
)
