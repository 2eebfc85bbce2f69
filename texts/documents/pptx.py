"""PowerPoint: slides, their notes, diagrams."""

from __future__ import annotations

import re

from texts.documents import ooxml
from texts.documents.archives import document
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".pptx",)

_PART = re.compile(r"ppt/(?:slides/slide|notesSlides/notesSlide|diagrams/data)\d+\.xml")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The paragraphs of all its parts."""
    del reading
    changes: dict[str, object] = {"splitting_tags": ooxml.SPLITTING, "outline": False}
    return document(data, lambda name: bool(_PART.fullmatch(name)), ooxml.read, "xml", changes)
