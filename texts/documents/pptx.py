"""PowerPoint: slides, their notes, diagrams."""

from __future__ import annotations

from texts.documents import ooxml
from texts.documents.base import Document, DocumentReading
from texts.documents.office import content_types, document

EXTENSIONS = (".pptx",)

_MAINS = (
    "presentationml.presentation.main",
    "presentationml.slideshow.main",
    "presentationml.template.main",
    "ms-powerpoint.presentation.macroenabled.main",
    "ms-powerpoint.slideshow.macroenabled.main",
    "ms-powerpoint.template.macroenabled.main",
)
_PARTS = ("presentationml.slide", "presentationml.notesslide", "drawingml.diagramdata")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The paragraphs of all its parts."""
    del reading
    return document(data, content_types(data), _MAINS, _PARTS, ooxml.read)
