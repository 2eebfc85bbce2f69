"""JSON: all strings that are values; keys, numbers and the layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode
from texts.documents.strings_in import StringPlace, document

EXTENSIONS = (".json",)

_STRING = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:\s*)?')


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its strings."""
    del reading
    return strings(data, lambda _: True)


def strings(data: bytes, is_translated: Callable[[str], bool]) -> Document:
    """Those that are values, or in values, of no key that is not translated."""
    text, encode = decode(data)
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"this is no JSON: {error}") from error
    # Who escapes all that is not ASCII wants to have it so.
    ascii_only = text.isascii() and "\\u" in text
    return document(
        text, _places(text, is_translated), lambda words: json.dumps(words, ensure_ascii=ascii_only), encode
    )


def _places(text: str, is_translated: Callable[[str], bool]) -> Iterator[StringPlace]:
    read_on = 0
    for match in _STRING.finditer(text):
        if match.start() < read_on:
            continue
        string = json.loads(match[1])
        if not match[2]:
            yield StringPlace(match.start(), match.end(), string)
        elif not is_translated(string):
            _, read_on = json.JSONDecoder().raw_decode(text, match.end())
