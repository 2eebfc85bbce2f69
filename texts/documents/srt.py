"""SubRip."""

from __future__ import annotations

from texts.documents.base import Document, DocumentReading
from texts.documents.cues import read_cues
from texts.documents.encodings import decode

EXTENSIONS = (".srt",)


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its cues."""
    del reading
    return read_cues(*decode(data), is_html=False)
