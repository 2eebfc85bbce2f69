"""JSON: all strings that are values; keys, numbers and the layout stay."""

from __future__ import annotations

import json
import re

from texts.documents.base import Document, DocumentError, Reading
from texts.documents.encodings import decode
from texts.documents.strings_in import Place, document

EXTENSIONS = (".json", ".arb")

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?')


def read(data: bytes, reading: Reading) -> Document:
    """Its strings."""
    del reading
    text, encode = decode(data)
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"this is no JSON: {error}") from error
    places = [
        Place(match.start(), match.end(), json.loads(match[0]))
        for match in _STRING.finditer(text)
        if not match[1]
    ]
    # Who escapes all that is not ASCII wants to have it so.
    ascii_only = text.isascii() and "\\u" in text
    return document(text, places, lambda words: json.dumps(words, ensure_ascii=ascii_only), encode)
