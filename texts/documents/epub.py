"""EPUB: its chapters, its table of contents, and what its package document says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from texts.documents.archives import ArchivePart, document
from texts.documents.base import Document, DocumentReading
from texts.documents.html import root_of, with_language
from texts.tags import is_same_language

EXTENSIONS = (".epub",)

_PARTS = (".xhtml", ".html", ".htm", ".ncx", ".opf")
_ROOTS = ("html", "ncx")
_SAID = re.compile(
    r"<dc:(?P<name>title|description|language)(?:\s[^<>]*)?(?<!/)>(?P<words>[^<]*)</dc:(?P=name)\s*>"
)
"""Of the metadata (https://www.w3.org/TR/epub-33/#sec-pkg-metadata)."""


def read(data: bytes, reading: DocumentReading) -> Document:
    """The words of each chapter."""
    changes: dict[str, object] = {"splitting_tags": ("text", "navLabel", "navPoint", "docTitle", "docAuthor")}
    return document(
        data, lambda name: name.lower().endswith(_PARTS), lambda text: _part(text, reading), "html", changes
    )


def _part(text: str, reading: DocumentReading) -> ArchivePart:
    if root_of(text) == "package":
        return _package(text, reading)
    return (text,), lambda texts: with_language(texts[0], reading, _ROOTS)


def _package(text: str, reading: DocumentReading) -> ArchivePart:
    """Title and description; its language is the target's afterwards, as a page's is."""
    said = list(_SAID.finditer(text))

    def put(texts: Sequence[str]) -> str:
        left, parts, end = iter(texts), list[str](), 0
        for each in said:
            words = _language(each["words"], reading) if each["name"] == "language" else next(left)
            parts += [text[end : each.start("words")], words]
            end = each.end("words")
        return with_language("".join(parts) + text[end:], reading, ("package",))

    return tuple(each["words"] for each in said if each["name"] != "language"), put


def _language(tag: str, reading: DocumentReading) -> str:
    was_source = not reading.source or is_same_language(tag.strip(), reading.source)
    return reading.target if reading.target and was_source else tag
