"""Word: the document with its headers, footers, notes and comments."""

from __future__ import annotations

from texts.documents import ooxml
from texts.documents.base import Document, DocumentReading
from texts.documents.office import content_types, document

EXTENSIONS = (".docx",)

_MAINS = (
    "wordprocessingml.document.main",
    "wordprocessingml.template.main",
    "ms-word.document.macroenabled.main",
    "ms-word.template.macroenabledtemplate.main",
)
_PARTS = (
    *_MAINS,
    "wordprocessingml.header",
    "wordprocessingml.footer",
    "wordprocessingml.footnotes",
    "wordprocessingml.endnotes",
    "wordprocessingml.comments",
)


def read(data: bytes, reading: DocumentReading) -> Document:
    """The paragraphs of all its parts."""
    del reading
    return document(data, content_types(data), _MAINS, _PARTS, ooxml.read)
