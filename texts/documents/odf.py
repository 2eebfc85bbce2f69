"""OpenDocument: texts, tables, presentations, with their headers, footers and notes."""

from __future__ import annotations

from texts.documents.archives import document, whole
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".odt", ".ods", ".odp")

_PARTS = ("content.xml", "styles.xml")
_SPLITTING = (
    "text:p",
    "text:h",
    "text:note",
    "text:line-break",
    "text:tab",
    "office:annotation",
    "draw:frame",
)
_KEPT = (
    "office:automatic-styles", "office:styles", "office:font-face-decls", "office:scripts",
    "office:forms", "text:note-citation", "text:page-number", "text:page-count", "text:date", "text:time",
    "text:sequence", "text:author-name", "text:bookmark-ref", "text:sequence-decls", "dc:creator", "dc:date",
    "meta:date-string", "table:named-expressions", "table:content-validations", "text:tracked-changes",
)  # fmt: skip


def read(data: bytes, reading: DocumentReading) -> Document:
    """The words of its content and of its pages' headers and footers."""
    del reading
    changes: dict[str, object] = {"splitting_tags": _SPLITTING, "ignore_tags": _KEPT}
    return document(data, lambda name: name in _PARTS, whole, "xml", changes)
