"""The interfaces' tables as OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.web.calls import TEXT, Call, Interface, Option, Support

_JSON, _FORM, _FILE = "application/json", "application/x-www-form-urlencoded", "application/octet-stream"
_IN_PATH, _IN_PATH_BELOW = re.compile(r"{(\w+)}"), re.compile(r"{\w+:path}")


def document(interfaces: Iterable[Interface], version: str) -> dict[str, Any]:
    """Everything that is served, and what is refused, but for what is below a path of it."""
    paths: dict[str, Any] = {}
    for interface in interfaces:
        for call in interface.calls:
            if call.run is not None or not _IN_PATH_BELOW.search(call.path):
                for method in call.methods:
                    paths.setdefault(call.path, {})[method.lower()] = _operation(interface, call, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dragoman gateway", "version": version},
        "paths": paths,
    }


def _operation(interface: Interface, call: Call, method: str) -> dict[str, Any]:
    path = call.path.strip("/").replace("/", "_")
    answer = {"description": "The answer", "content": {_FILE if call.gives_file else _JSON: {}}}
    operation: dict[str, Any] = {
        "tags": [interface.name],
        "summary": call.note if call.run else f"refused: {call.note}",
        "operationId": f"{interface.name}_{method.lower()}_{path}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": TEXT}
            for name in _IN_PATH.findall(call.path)
        ],
        "responses": {**({"200": answer} if call.run else {}), **_errors(interface)},
    }
    options = [option for option in call.options if option.support is not Support.REFUSED]
    if method == "POST" and options:
        schema = _schema(options)
        kinds = ("multipart/form-data",) if call.takes_file else (_JSON, _FORM)
        operation["requestBody"] = {
            "required": any(option.required for option in options),
            "content": {kind: {"schema": schema} for kind in kinds},
        }
    elif options:
        operation["parameters"] += [
            {"name": option.name, "in": "query", "required": option.required, "schema": _property(option)}
            for option in options
        ]
    return operation


def _errors(interface: Interface) -> dict[str, Any]:
    """By status, why it is given."""
    reasons: dict[int, list[str]] = {}
    for fault in Fault:
        status = interface.refusal(GatewayError(fault, "")).status_code
        reasons.setdefault(status, []).append(fault.value)
    return {
        str(status): {"description": ", ".join(whys), "content": {_JSON: {}}}
        for status, whys in sorted(reasons.items())
    }


def _schema(options: Iterable[Option]) -> dict[str, Any]:
    options = tuple(options)
    return {
        "type": "object",
        "properties": {option.name: _property(option) for option in options},
        "required": [option.name for option in options if option.required],
    }


def _property(option: Option) -> dict[str, Any]:
    example = {} if option.example is None else {"examples": [option.example]}
    return {**option.schema, "description": option.note, **example}
