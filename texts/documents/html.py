"""HTML and XHTML, in the encoding that they say."""

from __future__ import annotations

import re

from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode
from texts.tags import primary_subtag

EXTENSIONS = (".html", ".htm", ".xhtml")

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)""", re.I
)
_HEAD = 2048
"""Bytes in which a charset is looked for (https://html.spec.whatwg.org/#prescan-a-byte-stream)."""
_ROOT = re.compile(r"<html\b[^>]{0,1000}>", re.I)
_LANGUAGE = re.compile(r"""(?<=[\s:]lang=)(["']?)([\w-]+)(?=\1[\s/>])""", re.I)


def read(data: bytes, reading: DocumentReading) -> Document:
    """All of it is one text."""
    said = _CHARSET.search(data[:_HEAD])
    text, encode = decode(data, (said[1] or said[2]).decode() if said else "utf-8")
    return Document((text,), lambda texts: encode(with_language(texts[0], reading)), "html")


def with_language(page: str, reading: DocumentReading) -> str:
    """The page, whose root says that it is in the target language where it has said the source's."""
    root = _ROOT.search(page)
    if root is None or not reading.target:
        return page

    def named(match: re.Match[str]) -> str:
        quote, language = match.groups()
        is_source = not reading.source or _is_same(language, reading.source)
        return f"{quote}{reading.target if is_source else language}"

    return page[: root.start()] + _LANGUAGE.sub(named, root[0]) + page[root.end() :]


def _is_same(language: str, other: str) -> bool:
    return primary_subtag(language).lower() == primary_subtag(other).lower()
