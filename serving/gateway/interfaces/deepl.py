"""DeepL's API, v2 and what v3 has beside it, as far as it makes sense with other models than DeepL's."""

from __future__ import annotations

from starlette.responses import Response

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import Wish
from serving.gateway.web.calls import COLUMNS, FLAG, NUMBER, TEXT, TEXTS, Call, Interface, Option, Support
from serving.gateway.web.documents import seconds_until
from serving.gateway.web.exchange import Exchange, as_json, retry_header
from serving.gateway.web.fields import Fields, Upload
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
    Fault.KEY_MISSING: 403,
    Fault.KEY_REFUSED: 403,
    Fault.TOO_FAST: 429,
    Fault.QUOTA: 456,
    Fault.OVERLOADED: 529,
    Fault.UNAVAILABLE: 503,
    Fault.TIMEOUT: 504,
    Fault.NOT_READY: 503,
    Fault.FAILED: 500,
}
_SCHEME = "deepl-auth-key"
_UNLIMITED = 10**12
"""DeepL's own word for it."""
_SPLITTINGS: dict[str, Splitting] = {"0": "off", "1": "on", "nonewlines": "nonewlines"}
_FORMATS: dict[str, Format] = {"xml": "xml", "html": "html"}
_LABELS = ("stable", "canary")
_RESOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "translate_text": {"auto_detection": ("source",), "tag_handling": ("source", "target")},
    "translate_document": {"auto_detection": ("source",)},
}
"""Of v3's resources those that there are, by their features, with the sides whose language has to have it."""
_MODEL_TYPES = ("latency_optimized", "quality_optimized", "prefer_quality_optimized")


def _refusal(error: GatewayError) -> Response:
    return as_json({"message": str(error)}, _CODES[error.fault], retry_header(error))


def _key(exchange: Exchange) -> str | None:
    scheme, _, key = exchange.request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == _SCHEME and key.strip() else exchange.fields.text("auth_key")


def _tags(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(tag.strip() for text in fields.texts(name) for tag in text.split(",") if tag.strip())


def _one_of(fields: Fields, name: str, known: tuple[str, ...]) -> str | None:
    value = fields.text(name)
    if value is not None and value not in known:
        raise GatewayError(Fault.INVALID, f"Value for '{name}' not supported: {', '.join(known)}")
    return value


def _wish(exchange: Exchange) -> Wish:
    fields = exchange.fields
    texts = fields.texts("text")
    if not texts:
        raise GatewayError(Fault.INVALID, "Parameter 'text' not specified.")
    target = fields.text("target_lang")
    if target is None:
        raise GatewayError(Fault.INVALID, "Parameter 'target_lang' not specified.")
    handling = _one_of(fields, "tag_handling", tuple(_FORMATS))
    split = _one_of(fields, "split_sentences", tuple(_SPLITTINGS))
    # DeepL's defaults: in HTML a line end is white space.
    split = split or ("nonewlines" if handling == "html" else "1")
    model_type = _one_of(fields, "model_type", (*_MODEL_TYPES, *_LABELS))
    outline = fields.flag("outline_detection")
    return Wish(
        texts,
        target,
        fields.text("source_lang"),
        _FORMATS[handling] if handling else "text",
        _SPLITTINGS[split],
        _tags(fields, "ignore_tags"),
        _tags(fields, "splitting_tags"),
        _tags(fields, "non_splitting_tags"),
        outline is not False,
        before=fields.text("context") or "",
        label=model_type if model_type in _LABELS else exchange.label,
    )


async def _translate(service: Service, exchange: Exchange) -> Response:
    wish = _wish(exchange)
    outcome = await service.translate(exchange, wish)
    if wish.before and not outcome.is_in_context:
        exchange.ignore(["context"])
    translations: list[dict[str, object]] = []
    for text, answer in zip(wish.texts, outcome.answers, strict=True):
        translation: dict[str, object] = {
            "detected_source_language": answer.source.upper(),
            "text": answer.text,
        }
        if exchange.fields.flag("show_billed_characters"):
            translation["billed_characters"] = len(text)
        if model_type := exchange.fields.text("model_type"):
            translation["model_type_used"] = model_type
        translations.append(translation)
    return as_json({"translations": translations})


async def _document(service: Service, exchange: Exchange) -> Response:
    fields = exchange.fields
    target, name = fields.text("target_lang"), fields.text("filename")
    if fields.file is None or target is None:
        raise GatewayError(Fault.INVALID, f"missing: {'target_lang' if fields.file else 'file'}")
    file = Upload(name, fields.file.content) if name else fields.file
    wanted = fields.text("output_format")
    if wanted is not None and not file.name.lower().endswith(f".{wanted.lower()}"):
        raise GatewayError(Fault.INVALID, "Value for 'output_format' not supported: documents keep theirs")
    columns = fields.texts("columns")
    wish = Wish((), target, fields.text("source_lang"), columns=columns, label=exchange.label)
    assert exchange.caller is not None
    number, secret = await service.documents.submit(exchange.caller, file, wish)
    return as_json({"document_id": number, "document_key": secret})


async def _document_status(service: Service, exchange: Exchange) -> Response:
    number = exchange.request.path_params["number"]
    document = await service.documents.look_up(number, exchange.fields.text("document_key"))
    exchange.tell_pivots(document.pivots)
    body: dict[str, object] = {"document_id": number, "status": document.state}
    if document.state == "translating":
        body["seconds_remaining"] = seconds_until(document.until)
    elif document.state == "done":
        body["billed_characters"] = document.characters
    elif document.state == "error":
        body["error_message"] = document.error
    return as_json(body)


async def _document_result(service: Service, exchange: Exchange) -> Response:
    number = exchange.request.path_params["number"]
    document = await service.documents.look_up(number, exchange.fields.text("document_key"), whole=True)
    return exchange.file(document)


async def _usage(_service: Service, exchange: Exchange) -> Response:
    caller = exchange.caller
    limit = caller.key.per_month if caller and caller.key else None
    return as_json(
        {
            "character_count": caller.used if caller else 0,
            "character_limit": _UNLIMITED if limit is None else limit,
        }
    )


async def _languages(service: Service, exchange: Exchange) -> Response:
    wanted = _one_of(exchange.fields, "type", ("source", "target")) or "source"
    offer = service.offers.now
    if wanted == "source":
        return as_json(
            [{"language": code.upper(), "name": english_name(code)} for code in sorted(offer.sources)]
        )
    return as_json(
        [
            {"language": code.upper(), "name": english_name(code), "supports_formality": False}
            for code in offer.all_targets
        ]
    )


async def _languages_v3(service: Service, exchange: Exchange) -> Response:
    resource = exchange.fields.text("resource")
    if resource is None:
        raise GatewayError(Fault.INVALID, "Parameter 'resource' not specified.")
    offer = service.offers.now
    features = _RESOURCES.get(resource, {})
    languages: list[dict[str, object]] = []
    for code in offer.languages if resource in _RESOURCES else ():
        usable = {"source": code in offer.sources, "target": code in offer.all_targets}
        languages.append(
            {
                "lang": code,
                "name": english_name(code),
                "status": "stable",
                "usable_as_source": usable["source"],
                "usable_as_target": usable["target"],
                "features": {
                    feature: {"status": "stable"}
                    for feature, sides in features.items()
                    if any(usable[side] for side in sides)
                },
            }
        )
    return as_json(languages)


async def _resources(_service: Service, _exchange: Exchange) -> Response:
    return as_json(
        [
            {"name": resource, "features": [_feature(*feature) for feature in features.items()]}
            for resource, features in _RESOURCES.items()
        ]
    )


def _feature(name: str, sides: tuple[str, ...]) -> dict[str, object]:
    return {"name": name, **{f"needs_{side}_support": True for side in sides}}


async def _no_pairs(_service: Service, _exchange: Exchange) -> Response:
    return as_json({"supported_languages": []})


async def _no_glossaries(_service: Service, _exchange: Exchange) -> Response:
    return as_json({"glossaries": []})


_AUTH_KEY = Option("auth_key", "the caller's key, where it is not in the header Authorization")
_NO_GLOSSARIES = "there are no glossaries here"
_NO_RULES = "there are no style rules here"
_NO_MEMORY = "there is no translation memory here"
_NO_WRITING = "texts are translated here, not improved"
_REFUSED, _SILENT = Support.REFUSED, Support.WITHOUT_EFFECT
_NO_BETA = Option("enable_beta_languages", "there are none", FLAG, _SILENT)

_TRANSLATE_OPTIONS = (
    Option("text", "a text or a list of texts", TEXTS, required=True, example=["Good morning."]),
    Option("target_lang", "the language that is wanted", required=True, example="DE"),
    Option("source_lang", "the language of `text`; not given: detected", example="EN"),
    Option(
        "split_sentences",
        "`0`: a text is one sentence; `1`: at line ends and sentences; `nonewlines`: at sentences. Default "
        "`1`, with HTML `nonewlines`",
        {"enum": list(_SPLITTINGS)},
        example="1",
    ),
    Option("tag_handling", "`html` or `xml`", {"enum": list(_FORMATS)}),
    Option("outline_detection", "`false`: of XML, only `splitting_tags` split sentences", FLAG),
    Option("splitting_tags", "elements that a sentence never reaches over", TEXTS),
    Option("non_splitting_tags", "elements within sentences", TEXTS),
    Option("ignore_tags", "elements that are not translated", TEXTS),
    Option(
        "model_type",
        "`stable` or `canary`: the label of the version; DeepL's own words mean the label of the settings",
        {"enum": [*_MODEL_TYPES, *_LABELS]},
    ),
    Option(
        "context",
        "what stands before each text: its last sentence goes along to a model whose card says `context`; to "
        "others without effect, and named in `X-Dragoman-Ignored`",
    ),
    Option("show_billed_characters", "says the characters of each text", FLAG),
    _AUTH_KEY,
    Option("preserve_formatting", "formatting is always kept", FLAG, _SILENT),
    Option("tag_handling_version", "there is one", TEXT, _SILENT),
    _NO_BETA,
    Option("translation_memory_threshold", _NO_MEMORY, NUMBER, _SILENT),
    Option(
        "formality",
        "no model here is trained for it",
        TEXT,
        _REFUSED,
        harmless=("default", "prefer_more", "prefer_less"),
    ),
    Option("glossary_id", _NO_GLOSSARIES, TEXT, _REFUSED),
    Option("glossary_ids", _NO_GLOSSARIES, TEXTS, _REFUSED),
    Option("style_id", _NO_RULES, TEXT, _REFUSED),
    Option("translation_memory_id", _NO_MEMORY, TEXT, _REFUSED),
    Option("custom_instructions", "no model here follows instructions", TEXTS, _REFUSED),
)

_DOCUMENT_KEY = Option("document_key", "what `/v2/document` has answered")
_DOCUMENT_OPTIONS = (
    Option("file", "the document, a part of a `multipart/form-data`", {"type": "string", "format": "binary"}),
    Option("filename", "its name, where the part has none"),
    Option("output_format", "the document's own only"),
    COLUMNS,
    *(
        option
        for option in _TRANSLATE_OPTIONS
        if option.name
        in (
            *(
                "target_lang",
                "source_lang",
                "auth_key",
                "formality",
                "glossary_id",
                "glossary_ids",
                "style_id",
            ),
            *("translation_memory_id", "translation_memory_threshold"),
        )
    ),
)

INTERFACE = Interface(
    "deepl",
    "DeepL v2 and v3",
    (
        Call(("GET", "POST"), "/v2/translate", "translate texts", _translate, _TRANSLATE_OPTIONS),
        Call(("GET", "POST"), "/v2/usage", "characters that were translated", _usage, (_AUTH_KEY,)),
        Call(
            ("GET", "POST"),
            "/v2/languages",
            "what can be translated, or translated into",
            _languages,
            (
                Option("type", "`source` or `target`", {"enum": ["source", "target"]}),
                _NO_BETA,
                _AUTH_KEY,
            ),
        ),
        Call(
            ("GET",),
            "/v3/languages",
            "all languages; of a resource that `/v3/languages/resources` does not name none",
            _languages_v3,
            (
                Option("resource", "what they are for", required=True, example="translate_text"),
                Option("include", "`beta` and `external`: there are none", TEXTS, _SILENT),
                _AUTH_KEY,
            ),
        ),
        Call(
            ("GET",),
            "/v3/languages/resources",
            "what languages are for, `translate_text` and `translate_document`, with the features of each",
            _resources,
            (_AUTH_KEY,),
        ),
        Call(("GET",), "/v2/glossary-language-pairs", f"none: {_NO_GLOSSARIES}", _no_pairs, (_AUTH_KEY,)),
        Call(("GET",), "/v2/glossaries", f"an empty list: {_NO_GLOSSARIES}", _no_glossaries, (_AUTH_KEY,)),
        Call(("GET",), "/v3/glossaries", f"an empty list: {_NO_GLOSSARIES}", _no_glossaries, (_AUTH_KEY,)),
        Call(("POST",), "/v2/glossaries", _NO_GLOSSARIES, None),
        Call(("GET", "DELETE"), "/v2/glossaries/{rest:path}", _NO_GLOSSARIES, None),
        Call(("POST",), "/v3/glossaries", _NO_GLOSSARIES, None),
        Call(("GET", "POST", "PUT", "PATCH", "DELETE"), "/v3/glossaries/{rest:path}", _NO_GLOSSARIES, None),
        Call(
            ("POST",),
            "/v2/document",
            f"take a document ({', '.join(sorted(extensions()))}), and say by what it is asked for",
            _document,
            _DOCUMENT_OPTIONS,
            takes_file=True,
        ),
        Call(
            ("GET", "POST"),
            "/v2/document/{number}",
            "how far it is; `seconds_remaining` is the longest that it may take",
            _document_status,
            (_DOCUMENT_KEY, _AUTH_KEY),
        ),
        Call(
            ("GET", "POST"),
            "/v2/document/{number}/result",
            "its translation, as often as wanted until its time is over",
            _document_result,
            (_DOCUMENT_KEY, _AUTH_KEY),
            gives_file=True,
        ),
        Call(("POST",), "/v2/write/{rest:path}", _NO_WRITING, None),
        Call(("GET", "POST"), "/v3/style_rules", _NO_RULES, None),
        Call(("GET", "POST", "PUT", "PATCH", "DELETE"), "/v3/style_rules/{rest:path}", _NO_RULES, None),
        Call(("GET",), "/v3/translation_memories", _NO_MEMORY, None),
        Call(("GET", "POST", "PUT", "DELETE"), "/v3/translation_memories/{rest:path}", _NO_MEMORY, None),
        Call(("GET", "POST"), "/v3/voice/{rest:path}", "there is no voice here", None),
        Call(
            ("GET", "POST", "PUT", "PATCH"),
            "/v2/admin/{rest:path}",
            "keys are the operator's, on the command line",
            None,
        ),
    ),
    _refusal,
    _key,
    ("/v2/", "/v3/"),
)
