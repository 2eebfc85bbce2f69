"""Google's Cloud Translation, Basic: v2 over REST."""

from __future__ import annotations

from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import Wish
from serving.gateway.web.calls import FLAG, TEXT, TEXTS, Call, Interface, Option, Support
from serving.gateway.web.exchange import Exchange, as_json, retry_header
from serving.gateway.web.languages import LONGEST_CODE, name_in
from serving.gateway.web.service import Service

_CODES = {
    Fault.INVALID: (400, "invalid"),
    Fault.UNSUPPORTED: (400, "badRequest"),
    Fault.NOT_FOUND: (404, "notFound"),
    Fault.WRONG_METHOD: (405, "httpMethodNotAllowed"),
    Fault.TOO_LARGE: (400, "invalid"),
    Fault.TOO_SLOW: (408, "requestTimeout"),
    Fault.KEY_MISSING: (403, "forbidden"),
    Fault.KEY_REFUSED: (400, "keyInvalid"),
    Fault.TOO_FAST: (403, "userRateLimitExceeded"),
    Fault.QUOTA: (403, "dailyLimitExceeded"),
    Fault.OVERLOADED: (429, "rateLimitExceeded"),
    Fault.UNAVAILABLE: (503, "backendError"),
    Fault.TIMEOUT: (504, "backendError"),
    Fault.NOT_READY: (409, "conflict"),
    Fault.FAILED: (500, "backendError"),
}
_FORMATS = ("html", "text")
_MODELS = ("nmt", "base")
_LABELS = ("stable", "canary")
_PATH = "/language/translate/v2"
_RELIABLE = 0.5


def _refusal(error: GatewayError) -> Response:
    code, reason = _CODES[error.fault]
    reasons = [{"message": str(error), "domain": "global", "reason": reason}]
    body = {"error": {"code": code, "message": str(error), "errors": reasons}}
    return as_json(body, code, retry_header(error))


def _key(exchange: Exchange) -> str | None:
    return exchange.request.headers.get("x-goog-api-key") or exchange.fields.text("key")


def _required(exchange: Exchange) -> tuple[str, ...]:
    texts = exchange.fields.texts("q")
    if not texts:
        raise GatewayError(Fault.INVALID, "Required Text")
    return texts


async def _translate(service: Service, exchange: Exchange) -> Response:
    fields, texts = exchange.fields, _required(exchange)
    target = fields.text("target")
    if target is None:
        raise GatewayError(Fault.INVALID, "Missing target language")
    format_, model = fields.text("format") or "html", fields.text("model")
    if format_ not in _FORMATS:
        raise GatewayError(Fault.INVALID, f"Invalid Value: format is {' or '.join(_FORMATS)}")
    if model is not None and model not in (*_MODELS, *_LABELS):
        raise GatewayError(Fault.INVALID, f"Invalid Value: model is one of {', '.join((*_MODELS, *_LABELS))}")
    source = fields.text("source")
    wish = Wish(
        texts,
        target,
        source,
        "html" if format_ == "html" else "text",
        label=model if model in _LABELS else exchange.label,
    )
    outcome = await service.translate(exchange, wish)
    translations = [
        {
            "translatedText": answer.text,
            **({} if source else {"detectedSourceLanguage": answer.source}),
            **({"model": model} if model else {}),
        }
        for answer in outcome.answers
    ]
    return as_json({"data": {"translations": translations}})


async def _detect(service: Service, exchange: Exchange) -> Response:
    detections = [
        [
            {
                "language": candidate.language,
                "confidence": round(candidate.confidence, 4),
                "isReliable": candidate.confidence >= _RELIABLE,
            }
            for candidate in likeliest[:1]
        ]
        for likeliest in await service.detect(exchange, _required(exchange))
    ]
    return as_json({"data": {"detections": detections}})


async def _languages(service: Service, exchange: Exchange) -> Response:
    target = exchange.fields.text("target")
    if target and len(target) > LONGEST_CODE:
        raise GatewayError(Fault.INVALID, "Invalid Value: target is no language")
    languages = [
        {"language": code, **({"name": name_in(target, code)} if target else {})}
        for code in service.offers.now.languages
    ]
    return as_json({"data": {"languages": languages}})


_KEY = Option("key", "the caller's key, where it is not in the header X-Goog-Api-Key")
_ALWAYS = (
    _KEY,
    Option("prettyPrint", "answers are one line", FLAG, Support.WITHOUT_EFFECT),
    Option("alt", "answers are JSON", TEXT, Support.WITHOUT_EFFECT),
)
_Q = Option("q", "a text, again for more", TEXTS, required=True, example="Good morning.")

INTERFACE = Interface(
    "google",
    "Google Translation v2",
    (
        Call(
            ("GET", "POST"),
            _PATH,
            "translate texts",
            _translate,
            (
                _Q,
                Option("target", "the language that is wanted", required=True, example="de"),
                Option("source", "the language of `q`; not given: detected", example="en"),
                Option("format", "`html`, which is the default, or `text`", {"enum": list(_FORMATS)}),
                Option(
                    "model",
                    "`stable` or `canary`: the label of the version; Google's own words mean the label of "
                    "the settings",
                    {"enum": [*_MODELS, *_LABELS]},
                ),
                Option("cid", "there are no customisations", TEXTS, Support.REFUSED),
                *_ALWAYS,
            ),
        ),
        Call(("GET", "POST"), f"{_PATH}/detect", "the language of each text", _detect, (_Q, *_ALWAYS)),
        Call(
            ("GET", "POST"),
            f"{_PATH}/languages",
            "all languages",
            _languages,
            (
                Option("target", "in which language their names are; not given: no names", example="en"),
                Option("model", "there is one list", TEXT, Support.WITHOUT_EFFECT),
                *_ALWAYS,
            ),
        ),
    ),
    _refusal,
    _key,
    ("/language/",),
)
