"""Word: the document with its headers, footers, notes and comments."""

from __future__ import annotations

import re

from texts.documents import ooxml
from texts.documents.archives import document
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".docx",)

_PART = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The paragraphs of all its parts."""
    del reading
    changes: dict[str, object] = {"splitting_tags": ooxml.SPLITTING, "outline": False}
    return document(data, lambda name: bool(_PART.fullmatch(name)), ooxml.read, "xml", changes)
