"""EPUB: its chapters, and its table of contents."""

from __future__ import annotations

from texts.documents.archives import document, whole
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".epub",)

_PARTS = (".xhtml", ".html", ".htm", ".ncx")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The words of each chapter."""
    del reading
    changes: dict[str, object] = {"splitting_tags": ("text", "navLabel", "navPoint", "docTitle", "docAuthor")}
    return document(data, lambda name: name.lower().endswith(_PARTS), whole, "html", changes)
