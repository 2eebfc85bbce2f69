"""Markdown."""

from __future__ import annotations

from texts.documents.base import Document, DocumentReading
from texts.documents.encodings import decode

EXTENSIONS = (".md", ".markdown")


def read(data: bytes, reading: DocumentReading) -> Document:
    """All of it is one text."""
    del reading
    text, encode = decode(data)
    return Document((text,), lambda texts: encode(texts[0]), "markdown")
