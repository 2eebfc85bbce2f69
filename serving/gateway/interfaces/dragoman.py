"""Our own interface, in which an answer carries all that is known of it."""

from __future__ import annotations

from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import MOST_ALTERNATIVES, TextOutcome, Wish
from serving.gateway.database.documents import DONE
from serving.gateway.web.calls import COLUMNS, FLAG, NUMBER, TEXTS, Call, Interface, Option
from serving.gateway.web.documents import seconds_until
from serving.gateway.web.exchange import Exchange, as_json, retry_header
from serving.gateway.web.languages import english_name
from serving.gateway.web.service import Service
from texts.cascade import Format, Splitting
from texts.documents.base import extensions

_CODES = {
    Fault.INVALID: 400,
    Fault.UNSUPPORTED: 400,
    Fault.NOT_FOUND: 404,
    Fault.WRONG_METHOD: 405,
    Fault.TOO_LARGE: 413,
    Fault.TOO_SLOW: 408,
    Fault.KEY_MISSING: 401,
    Fault.KEY_REFUSED: 403,
    Fault.TOO_FAST: 429,
    Fault.QUOTA: 429,
    Fault.OVERLOADED: 503,
    Fault.UNAVAILABLE: 503,
    Fault.TIMEOUT: 504,
    Fault.NOT_READY: 409,
    Fault.FAILED: 500,
}
_FORMATS: dict[str, Format] = {"text": "text", "html": "html", "xml": "xml", "markdown": "markdown"}
_SPLITTINGS: dict[str, Splitting] = {
    "on": "on",
    "off": "off",
    "newlines": "newlines",
    "nonewlines": "nonewlines",
}


def refusal(error: GatewayError) -> Response:
    """An error in our own words."""
    body = {"error": {"fault": error.fault.value, "message": str(error)}}
    return as_json(body, _CODES[error.fault], retry_header(error))


def bearer(exchange: Exchange) -> str | None:
    """The key in the header Authorization."""
    scheme, _, key = exchange.request.headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


async def _translate(service: Service, exchange: Exchange) -> Response:
    fields = exchange.fields
    texts, target = fields.texts("texts"), fields.text("target")
    if not texts or target is None:
        raise GatewayError(Fault.INVALID, f"missing: {'target' if texts else 'texts'}")
    format_, split = fields.text("format") or "text", fields.text("split") or "on"
    if format_ not in _FORMATS:
        raise GatewayError(Fault.INVALID, f"format is one of {', '.join(_FORMATS)}")
    if split not in _SPLITTINGS:
        raise GatewayError(Fault.INVALID, f"split is one of {', '.join(_SPLITTINGS)}")
    wish = Wish(
        texts,
        target,
        fields.text("source"),
        _FORMATS[format_],
        _SPLITTINGS[split],
        ignore_tags=fields.texts("ignore_tags"),
        alternatives=fields.number("alternatives", 0, MOST_ALTERNATIVES) or 0,
        links=fields.flag("links") or False,
        label=exchange.label,
    )
    outcome = await service.translate(exchange, wish)
    body = {
        "answers": [_as_said(answer) for answer in outcome.answers],
        "target": outcome.target,
        "label": outcome.label,
        "milliseconds": {phase: round(spent, 3) for phase, spent in outcome.milliseconds.items()},
        "request": exchange.id,
    }
    return as_json(body)


def _as_said(answer: TextOutcome) -> dict[str, object]:
    return {
        "text": answer.text,
        "source": answer.source,
        "confidence": round(answer.confidence, 4),
        "score": answer.score,
        "alternatives": list(answer.alternatives),
        "segments": [
            {
                "source": list(segment.source),
                "target": list(segment.target),
                "score": segment.score,
                **({} if chance is None else {"confidence": round(chance, 4)}),
                "truncated": segment.truncated,
                "links": [[list(source), list(target)] for source, target in segment.links],
            }
            for segment, chance in zip(answer.segments, answer.chances, strict=True)
        ],
        "notes": [
            {"stage": note.stage, "took": note.took, "gave": note.gave, "kept": note.kept}
            for note in answer.notes
        ],
        "model": answer.model or None,
        "versions": list(answer.versions),
        "asked": [{"model": model.model, "versions": list(model.versions)} for model in answer.asked],
        "pivot": answer.pivot or None,
    }


async def _explain(service: Service, exchange: Exchange) -> Response:
    text, target = exchange.fields.text("text"), exchange.fields.text("target")
    if not text or target is None:
        raise GatewayError(Fault.INVALID, f"missing: {'target' if text else 'text'}")
    wish = Wish((text,), target, exchange.fields.text("source"), label=exchange.label)
    route, explanation = await service.explain(exchange, wish)
    body = {
        "text": explanation.text,
        "score": explanation.score,
        "source_pieces": explanation.source_pieces,
        "target_pieces": explanation.target_pieces,
        "attention": [[round(weight, 4) for weight in row] for row in explanation.attention],
        "source": route.source,
        "target": route.target,
        "model": route.model,
        "request": exchange.id,
    }
    return as_json(body)


async def _languages(service: Service, _exchange: Exchange) -> Response:
    offer, settings = service.offers.now, service.settings
    languages = [
        {"code": code, "name": english_name(code), "targets": list(offer.targets(code))}
        for code in offer.languages
    ]
    return as_json(
        {
            "languages": languages,
            "keys": settings.keys,
            "suggestions": settings.suggestions,
            "characters": settings.limits.characters,
            "document_bytes": settings.limits.document_bytes,
            "formats": sorted(extensions()),
        }
    )


async def _document(service: Service, exchange: Exchange) -> Response:
    fields = exchange.fields
    target = fields.text("target")
    if fields.file is None or target is None:
        raise GatewayError(Fault.INVALID, f"missing: {'target' if fields.file else 'file'}")
    wish = Wish(
        (),
        target,
        fields.text("source"),
        columns=fields.texts("columns"),
        is_bilingual=fields.flag("bilingual") or False,
        label=exchange.label,
    )
    assert exchange.caller is not None
    number, secret = await service.documents.submit(exchange.caller, fields.file, wish)
    return as_json({"document": number, "key": secret})


async def _document_state(service: Service, exchange: Exchange) -> Response:
    document = await service.documents.look_up(_number(exchange), exchange.fields.text("key"))
    exchange.tell_pivots(document.pivots)
    return as_json(
        {
            "state": document.state,
            "progress": 1.0 if document.state == DONE else service.documents.progress(_number(exchange)),
            "characters": document.characters,
            "seconds_left": seconds_until(document.until),
            "error": document.error or None,
            "pivots": document.pivots.split(",") if document.pivots else [],
        }
    )


async def _document_result(service: Service, exchange: Exchange) -> Response:
    document = await service.documents.look_up(_number(exchange), exchange.fields.text("key"), whole=True)
    return exchange.file(document)


async def _document_cancel(service: Service, exchange: Exchange) -> Response:
    await service.documents.cancel(_number(exchange), exchange.fields.text("key"))
    return as_json({"deleted": True})


def _number(exchange: Exchange) -> str:
    return str(exchange.request.path_params["number"])


async def _suggest(service: Service, exchange: Exchange) -> Response:
    names = ("text", "suggestion", "source", "target")
    text, suggestion, source, target = (exchange.fields.text(name) for name in names)
    if text is None or suggestion is None or source is None or target is None:
        raise GatewayError(Fault.INVALID, f"say all of {', '.join(names)}")
    await service.suggest(exchange, (source, target), text, suggestion)
    return as_json({"kept": True})


_DOCUMENT_KEY = (Option("key", "what `/v1/documents` has answered", required=True),)

INTERFACE = Interface(
    "dragoman",
    "Dragoman v1",
    (
        Call(
            ("POST",),
            "/v1/translate",
            "translate texts; an answer has the language, the score, alternatives, the places of the "
            "sentences in both texts, what was kept from translation, model, versions, `asked`, whose they "
            "are, leg by leg, `pivot`, the third language over which it went, milliseconds by phase",
            _translate,
            (
                Option("texts", "a text or a list of texts", TEXTS, required=True, example=["Good morning."]),
                Option("target", "the language that is wanted", required=True, example="de"),
                Option("source", "the language of `texts`; not given: detected", example="en"),
                Option("format", "what the texts are", {"enum": list(_FORMATS)}, example="text"),
                Option(
                    "split",
                    "`on`: at line ends and sentences; `off`: a text is one sentence; `newlines`: at line "
                    "ends; `nonewlines`: at sentences",
                    {"enum": list(_SPLITTINGS)},
                    example="on",
                ),
                Option("ignore_tags", "elements that are not translated", TEXTS),
                Option("alternatives", f"how many further ones, at most {MOST_ALTERNATIVES}", NUMBER),
                Option(
                    "links",
                    "say which words stand for which, by their places in both texts, where the model has "
                    "the signature `align`; not with `alternatives`",
                    FLAG,
                ),
            ),
        ),
        Call(
            ("POST",),
            "/v1/explain",
            "translate a sentence, asked as it is, and say where the model looked: the pieces of both sides, "
            "and in `attention`, a row for each piece of the translation, how much of it went to each piece "
            "of the sentence",
            _explain,
            (
                Option("text", "a sentence", required=True, example="Good morning."),
                Option("target", "the language that is wanted", required=True, example="de"),
                Option("source", "the language of `text`; not given: detected", example="en"),
            ),
        ),
        Call(
            ("GET",),
            "/v1/languages",
            "all languages, what each can be translated into, and what a page has to know",
            _languages,
            is_open=True,
        ),
        Call(
            ("POST",),
            "/v1/documents",
            f"take a document ({', '.join(sorted(extensions()))}); by its number and key it is asked for",
            _document,
            (
                Option("file", "a part of a `multipart/form-data`", {"type": "string", "format": "binary"}),
                Option("target", "the language that is wanted", required=True, example="de"),
                Option("source", "the language of the document; not given: detected", example="en"),
                COLUMNS,
                Option(
                    "bilingual",
                    "give its sentences beside their translations instead of it, as XLIFF 1.2",
                    FLAG,
                ),
            ),
            takes_file=True,
        ),
        Call(
            ("POST",),
            "/v1/documents/{number}",
            "how far it is: `queued`, `translating`, `done` or `error`; `progress`, the share of its "
            "sentences that is translated, 0 to 1, null where nobody knows it; `seconds_left` until it is "
            "given up, or deleted; `pivots`, the third languages over which texts of it went",
            _document_state,
            _DOCUMENT_KEY,
        ),
        Call(
            ("POST",),
            "/v1/documents/{number}/result",
            "its translation, as often as wanted until its time is over",
            _document_result,
            _DOCUMENT_KEY,
            gives_file=True,
        ),
        Call(
            ("POST",),
            "/v1/documents/{number}/cancel",
            "give it up, or delete it before its time is over; one that is not done costs nothing then",
            _document_cancel,
            _DOCUMENT_KEY,
        ),
        Call(
            ("POST",),
            "/v1/suggestions",
            "keep a better translation for the operator",
            _suggest,
            (
                Option("text", "the source", required=True, example="Good morning."),
                Option("suggestion", "its better translation", required=True, example="Guten Morgen."),
                Option("source", "the language of `text`", required=True, example="en"),
                Option("target", "the language of `suggestion`", required=True, example="de"),
            ),
            scope="suggest",
        ),
    ),
    refusal,
    bearer,
    ("/v1/",),
)
