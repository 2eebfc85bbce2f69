"""HTML and XHTML, in the encoding that they say."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape

from texts.cascade.scanning import Mark, scan
from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode
from texts.tags import is_same_language

EXTENSIONS = (".html", ".htm", ".xhtml")

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)""", re.I
)
_HEAD = 2048
"""Bytes in which a charset is looked for (https://html.spec.whatwg.org/#prescan-a-byte-stream)."""
_ROOT_WITHIN = 8192
"""Characters in which the root is looked for."""
_LANGUAGES = ("lang", "xml:lang")
"""Attributes."""


def read(data: bytes, reading: DocumentReading) -> Document:
    """All of it is one text."""
    said = _CHARSET.search(data[:_HEAD])
    text, encode = decode(data, (said[1] or said[2]).decode() if said else "utf-8")
    return Document((text,), lambda texts: encode(with_language(texts[0], reading)), "html")


def with_language(page: str, reading: DocumentReading, roots: Collection[str] = ("html",)) -> str:
    """The page, whose root (an element of one of these names) names the target language where it has named
    the source's, or any if that is not known.
    """
    at = 0
    for mark in scan(page[:_ROOT_WITHIN]) if reading.target else ():
        end = at + len(mark.raw)
        if mark.kind in ("open", "empty") and mark.name.lower() in roots:
            return page[:at] + _in_target(mark, reading) + page[end:]
        at = end
    return page


def root_of(page: str) -> str:
    """The name of its first element, without a namespace's prefix; empty where there is none."""
    elements = (mark for mark in scan(page[:_ROOT_WITHIN]) if mark.kind in ("open", "empty"))
    return next((mark.name.rpartition(":")[2].lower() for mark in elements), "")


def _in_target(root: Mark, reading: DocumentReading) -> str:
    raw = root.raw
    for part in reversed(list(root.parts())):
        group = part.lastgroup  # Its value's, or its name's where it has none.
        if (part["name"] or "").lower() not in _LANGUAGES or group is None or group == "name":
            continue
        if not reading.source or is_same_language(part[group], reading.source):
            raw = raw[: part.start(group)] + escape(reading.target) + raw[part.end(group) :]
    return raw
