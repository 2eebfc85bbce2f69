"""HTML and XHTML, in the encoding that they say."""

from __future__ import annotations

import re
from html import escape

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
_ROOT = re.compile(r"""<!--.*?-->|<html(?=[\s/>])(?P<attributes>(?:[^"'>]|"[^"]*"|'[^']*')*)>""", re.I | re.S)
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:(\s*=\s*["']?)((?<=")[^"]*|(?<=')[^']*|[^\s"'>]+))?""")


def read(data: bytes, reading: DocumentReading) -> Document:
    """All of it is one text."""
    said = _CHARSET.search(data[:_HEAD])
    text, encode = decode(data, (said[1] or said[2]).decode() if said else "utf-8")
    return Document((text,), lambda texts: encode(_with_language(texts[0], reading)), "html")


def _with_language(page: str, reading: DocumentReading) -> str:
    """The page, whose root names the target language where it has named the source's, or any if that is not
    known.
    """
    roots = (tag for tag in _ROOT.finditer(page, 0, _ROOT_WITHIN) if tag["attributes"] is not None)
    root = next(roots, None)
    if root is None or not reading.target:
        return page

    def translated(attribute: re.Match[str]) -> str:
        name, equals, value = attribute.groups()
        is_named = value is not None and name.lower() in ("lang", "xml:lang")
        if not is_named or (reading.source and not is_same_language(value, reading.source)):
            return attribute[0]
        return f"{name}{equals}{escape(reading.target)}"

    begin, end = root.span("attributes")
    return page[:begin] + _ATTRIBUTE.sub(translated, page[begin:end]) + page[end:]
