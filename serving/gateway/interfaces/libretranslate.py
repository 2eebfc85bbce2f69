"""LibreTranslate's REST API, 1.9."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import MOST_ALTERNATIVES, Wish
from serving.gateway.web.calls import COLUMNS, NUMBER, TEXT, TEXTS, Call, Interface, Option, Support
from serving.gateway.web.exchange import Exchange, as_json, retry_header
from serving.gateway.web.fields import Fields
from serving.gateway.web.languages import english_name
from serving.gateway.web.service import Service
from texts.cascade import Detected
from texts.documents.base import extensions

_CODES = {
    Fault.INVALID: 400,
    Fault.UNSUPPORTED: 400,
    Fault.NOT_FOUND: 404,
    Fault.WRONG_METHOD: 405,
    Fault.TOO_LARGE: 400,
    Fault.TOO_SLOW: 408,
    Fault.KEY_MISSING: 400,
    Fault.KEY_REFUSED: 403,
    Fault.TOO_FAST: 429,
    Fault.QUOTA: 429,
    Fault.OVERLOADED: 429,
    Fault.UNAVAILABLE: 503,
    Fault.TIMEOUT: 504,
    Fault.NOT_READY: 400,
    Fault.FAILED: 500,
}
_FORMATS = ("text", "html")
_AUTO = "auto"
_FRONTEND_TIMEOUT = 500
"""Milliseconds that LibreTranslate's own page waits while somebody types."""


def _refusal(error: GatewayError) -> Response:
    message = f"Slowdown: {error}" if _CODES[error.fault] == 429 else str(error)
    return as_json({"error": message}, _CODES[error.fault], retry_header(error))


def _key(exchange: Exchange) -> str | None:
    return exchange.fields.text("api_key")


def _required(fields: Fields, name: str) -> str:
    value = fields.text(name)
    if value is None:
        raise GatewayError(Fault.INVALID, f"Invalid request: missing {name} parameter")
    return value


def _detected(language: str, confidence: float) -> dict[str, object]:
    return {"confidence": round(100 * confidence, 1), "language": language}


def _list(detected: list[Detected]) -> list[dict[str, object]]:
    return [_detected(language.language, language.confidence) for language in detected]


async def _translate(service: Service, exchange: Exchange) -> Response:
    fields = exchange.fields
    several = isinstance(fields.values.get("q"), list)
    texts = fields.texts("q")
    if not any(texts) and not (several and texts):
        raise GatewayError(Fault.INVALID, "Invalid request: missing q parameter")
    source, target = _required(fields, "source"), _required(fields, "target")
    format_ = fields.text("format") or "text"
    if format_ not in _FORMATS:
        raise GatewayError(Fault.INVALID, f"{format_} format is not supported")
    alternatives = fields.number("alternatives", 0, MOST_ALTERNATIVES) or 0
    if not fields.is_json:  # A form's line ends are CRLF by its own rules (RFC 2046), whatever was typed.
        texts = tuple(text.replace("\r\n", "\n") for text in texts)
    wish = Wish(
        texts,
        target,
        None if source == _AUTO else source,
        "html" if format_ == "html" else "text",
        alternatives=alternatives,
        label=exchange.label,
    )
    outcome = await service.translate(exchange, wish)
    body: dict[str, object] = {"translatedText": [answer.text for answer in outcome.answers]}
    if source == _AUTO:
        body["detectedLanguage"] = [_detected(answer.source, answer.confidence) for answer in outcome.answers]
    if alternatives:
        body["alternatives"] = [list(answer.alternatives) for answer in outcome.answers]
    if not several:
        body = {name: values[0] for name, values in body.items() if isinstance(values, list)}
    return as_json(body)


async def _detect(service: Service, exchange: Exchange) -> Response:
    texts = [text for text in exchange.fields.texts("q") if text]
    if not texts:
        raise GatewayError(Fault.INVALID, "Invalid request: missing q parameter")
    (detected,) = await service.detect(exchange, ["\n".join(texts)])
    return as_json(_list(detected))


async def _languages(service: Service, _exchange: Exchange) -> Response:
    offer = service.offers.now
    return as_json(
        [
            {"code": code, "name": english_name(code), "targets": list(offer.targets(code))}
            for code in offer.languages
        ]
    )


async def _suggest(service: Service, exchange: Exchange) -> Response:
    text, suggestion, *languages = (
        _required(exchange.fields, name) for name in ("q", "s", "source", "target")
    )
    await service.suggest(exchange, (languages[0], languages[1]), text, suggestion)
    return as_json({"success": True})


async def _translate_file(service: Service, exchange: Exchange) -> Response:
    fields = exchange.fields
    if fields.file is None:
        raise GatewayError(Fault.INVALID, "Invalid request: missing file parameter")
    source, target = _required(fields, "source"), _required(fields, "target")
    source_or_none = None if source == _AUTO else source
    wish = Wish((), target, source_or_none, columns=fields.texts("columns"), label=exchange.label)
    assert exchange.caller is not None
    name, pivots = await service.documents.translated_and_kept(exchange.caller, fields.file, wish)
    exchange.tell_pivots(pivots)
    return as_json({"translatedFileUrl": f"{exchange.request.base_url}download_file/{quote(name)}"})


async def _download_file(service: Service, exchange: Exchange) -> Response:
    return exchange.file(await service.documents.download(exchange.request.path_params["name"]))


async def _settings(service: Service, _exchange: Exchange) -> Response:
    settings, offer = service.settings, service.offers.now
    target = next(iter(offer.all_targets), "")
    return as_json(
        {
            "apiKeys": settings.keys,
            "charLimit": settings.limits.characters,
            "filesTranslation": True,
            "frontendTimeout": _FRONTEND_TIMEOUT,
            "keyRequired": settings.keys,
            "language": {
                "source": {"code": _AUTO, "name": "Auto Detect"},
                "target": {"code": target, "name": english_name(target)},
            },
            "suggestions": settings.suggestions,
            "supportedFilesFormat": sorted(extensions()),
        }
    )


async def _health(service: Service, _exchange: Exchange) -> Response:
    if service.is_leaving:
        return as_json({"status": "leaving"}, 503)
    return as_json({"status": "ok"})


_Q = Option("q", "the text, or a list of texts", TEXTS, required=True, example="Good morning.")
_SOURCE = Option("source", "the language of `q`, or `auto`", required=True, example="en")
_TARGET = Option("target", "the language that is wanted", required=True, example="de")
_API_KEY = Option("api_key", "the caller's key, where keys are wanted")

INTERFACE = Interface(
    "libretranslate",
    "LibreTranslate 1.9",
    (
        Call(
            ("POST",),
            "/translate",
            "translate a text or a list of texts",
            _translate,
            (
                _Q,
                _SOURCE,
                _TARGET,
                Option("format", "`text` or `html`", {"enum": list(_FORMATS)}, example="text"),
                Option("alternatives", f"how many further translations, at most {MOST_ALTERNATIVES}", NUMBER),
                _API_KEY,
                Option("secret", "LibreTranslate's own page sends it", TEXT, Support.WITHOUT_EFFECT),
            ),
        ),
        Call(
            ("POST",),
            "/detect",
            "which languages a text may be in, of those that can be translated",
            _detect,
            (Option("q", "the text", TEXTS, required=True, example="Guten Morgen."), _API_KEY),
        ),
        Call(
            ("GET", "POST"),
            "/languages",
            "all languages, and what each can be translated into",
            _languages,
            (_API_KEY,),
            is_open=True,
        ),
        Call(
            ("POST",),
            "/suggest",
            "keep a better translation for the operator",
            _suggest,
            (
                Option("q", "the source", required=True, example="Good morning."),
                Option("s", "the better translation", required=True, example="Guten Morgen."),
                Option("source", "the language of `q`", required=True, example="en"),
                Option("target", "the language of `s`", required=True, example="de"),
                _API_KEY,
            ),
            scope="suggest",
        ),
        Call(("GET",), "/frontend/settings", "what a page has to know", _settings, is_open=True),
        Call(("GET",), "/health", "200 while requests are taken", _health, is_open=True),
        Call(
            ("POST",),
            "/translate_file",
            f"translate a document ({', '.join(sorted(extensions()))}), and say where its translation lies",
            _translate_file,
            (
                Option("file", "a part of a `multipart/form-data`", {"type": "string", "format": "binary"}),
                _SOURCE,
                _TARGET,
                COLUMNS,
                _API_KEY,
            ),
            takes_file=True,
        ),
        Call(
            ("GET",),
            "/download_file/{name}",
            "the translation of a document, until its time is over",
            _download_file,
            gives_file=True,
            is_open=True,
        ),
    ),
    _refusal,
    _key,
)
