"""What a request says, in whichever of the ways that clients send it: JSON, a form, the query string."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.settings import Limits

_MOST_FIELDS = 1000


class Room:
    """For bodies that are being read, of all requests together: what each may have is not what all may."""

    def __init__(self, most: int = 128 << 20) -> None:
        self.left = most
        """Bytes."""


@dataclass(frozen=True)
class Upload:
    """A file that was sent."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Fields:
    """Values by name; of a form or a query a string, or a list where a name is there more than once."""

    values: dict[str, Any] = field(default_factory=dict)
    is_json: bool = False
    file: Upload | None = None
    """Of a call that takes one."""

    def text(self, name: str) -> str | None:
        """A value that is one text; None where it is not there, or empty.

        Raises:
            GatewayError: INVALID, it is something else.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        raise GatewayError(Fault.INVALID, f"Invalid request: {name} should be a text")

    def texts(self, name: str) -> tuple[str, ...]:
        """A value that is a text or a list of texts; empty where it is not there. Raises as `text`."""
        value = self.values.get(name)
        if value is None:
            return ()
        values = value if isinstance(value, list) else [value]
        if all(isinstance(value, str) for value in values):
            return tuple(values)
        raise GatewayError(Fault.INVALID, f"Invalid request: {name} should be a text or a list of texts")

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number in these limits; None where it is not there. Raises as `text`."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, int) and not isinstance(number, bool) and least <= number <= most:
            return number
        raise GatewayError(
            Fault.INVALID, f"Invalid request: {name} should be a number from {least} to {most}"
        )

    def flag(self, name: str) -> bool | None:
        """True or False, in forms also 1 or 0; None where it is not there. Raises as `text`."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        known = {"true": True, "1": True, "false": False, "0": False}
        flag = known.get(str(value).lower())
        if flag is None:
            raise GatewayError(Fault.INVALID, f"Invalid request: {name} should be true or false")
        return flag


def query_of(request: Request) -> Fields:
    """The fields of the query string.

    Raises:
        GatewayError: TOO_LARGE, there are too many.
    """
    return Fields(_form(request.url.query))


async def read(request: Request, limits: Limits, room: Room, *, takes_file: bool = False) -> Fields:
    """The body's fields, and beside them those of the query string; a file comes as `multipart/form-data`.

    Raises:
        GatewayError: TOO_LARGE, TOO_SLOW, OVERLOADED, or INVALID for what cannot be read.
    """
    query = query_of(request).values
    try:
        most = limits.document_bytes if takes_file else limits.body_bytes
        body = await asyncio.wait_for(_body(request, most, room), limits.body_seconds)
    except asyncio.TimeoutError:
        raise GatewayError(
            Fault.TOO_SLOW, f"the request did not all come within {limits.body_seconds:g} s"
        ) from None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return Fields({**query, **_json(body)}, is_json=True)
    if kind in ("", "application/x-www-form-urlencoded"):
        return Fields({**query, **_form(body.decode("utf-8", "replace"))})
    if kind == "multipart/form-data":
        values, file = await _multipart(request, body)
        if file and not takes_file:
            raise GatewayError(
                Fault.INVALID, "Invalid request: no file is taken here, but by a call for documents"
            )
        return Fields({**query, **values}, file=file)
    if body:
        raise GatewayError(
            Fault.INVALID, f"Invalid request: {kind} is not taken: send JSON (application/json) or a form"
        )
    return Fields(query)


async def _body(request: Request, most: int, room: Room) -> bytes:
    too_large = GatewayError(Fault.TOO_LARGE, f"the request is larger than {most} bytes")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise too_large
    whole = bytearray()
    try:
        async for part in request.stream():
            whole += part
            room.left -= len(part)
            if len(whole) > most:
                raise too_large
            if room.left < 0:
                message = "too much is being sent at once: try again later"
                raise GatewayError(Fault.OVERLOADED, message, retry_after=1.0)
        return bytes(whole)
    finally:
        room.left += len(whole)


def _json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise GatewayError(Fault.INVALID, "Invalid JSON format")
    return values


def _form(text: str) -> dict[str, Any]:
    try:
        named = parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise GatewayError(Fault.TOO_LARGE, f"the request has more than {_MOST_FIELDS} fields") from None
    return _by_name(named)


def _by_name(named: Mapping[str, list[str]]) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else values for name, values in named.items()}


async def _multipart(request: Request, body: bytes) -> tuple[dict[str, Any], Upload | None]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    # Of Python's codecs, by any of which the parser would read, some take quadratic time.
    said = parse_options_header(request.headers["content-type"])[1].get(b"charset", b"utf-8")
    if said.lower() not in (b"utf-8", b"utf8"):
        raise GatewayError(
            Fault.INVALID, "Invalid request: a form with a file is read as UTF-8 (RFC 7578, 5.1)"
        )
    parser = MultiPartParser(
        request.headers, whole(), max_files=1, max_fields=_MOST_FIELDS, max_part_size=max(len(body), 1)
    )
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError) as error:
        raise GatewayError(Fault.INVALID, f"Invalid request: the form cannot be read ({error})") from error
    named: dict[str, list[str]] = {}
    file = None
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            file = Upload(part.filename or "", await part.read())
        else:
            named.setdefault(name, []).append(part)
    await form.close()
    return _by_name(named), file
