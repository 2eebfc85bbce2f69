"""HTML and XHTML, in the encoding that they say."""

from __future__ import annotations

import re

from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode

EXTENSIONS = (".html", ".htm", ".xhtml")

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)""", re.I
)
_HEAD = 2048
"""Bytes in which a charset is looked for (https://html.spec.whatwg.org/#prescan-a-byte-stream)."""


def read(data: bytes, reading: DocumentReading) -> Document:
    """All of it is one text."""
    del reading
    said = _CHARSET.search(data[:_HEAD])
    text, encode = decode(data, (said[1] or said[2]).decode() if said else "utf-8")
    return Document((text,), lambda texts: encode(texts[0]), "html")
