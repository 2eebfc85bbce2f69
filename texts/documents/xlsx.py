"""Excel: strings of cells; formulas and numbers stay."""

from __future__ import annotations

import re

from texts.documents import ooxml
from texts.documents.archives import document
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".xlsx",)

_PART = re.compile(r"xl/(?:sharedStrings|worksheets/sheet\d+)\.xml")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The strings that its sheets share, and those in them."""
    del reading
    changes: dict[str, object] = {"splitting_tags": ooxml.SPLITTING, "outline": False}
    return document(data, lambda name: bool(_PART.fullmatch(name)), ooxml.read, "xml", changes)
