"""Excel: strings of cells; formulas and numbers stay."""

from __future__ import annotations

from texts.documents import ooxml
from texts.documents.base import Document, DocumentReading
from texts.documents.office import content_types, document

EXTENSIONS = (".xlsx",)

_MAINS = (
    "spreadsheetml.sheet.main",
    "spreadsheetml.template.main",
    "ms-excel.sheet.macroenabled.main",
    "ms-excel.template.macroenabled.main",
)
_PARTS = ("spreadsheetml.sharedstrings", "spreadsheetml.worksheet")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The strings that its sheets share, and those in them."""
    del reading
    return document(data, content_types(data), _MAINS, _PARTS, ooxml.read)
