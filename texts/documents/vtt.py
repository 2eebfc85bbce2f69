"""WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.cues import read_cues
from texts.documents.encodings import decode

EXTENSIONS = (".vtt",)


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its cues."""
    del reading
    text, encode = decode(data)
    if not text.startswith("WEBVTT"):
        raise DocumentError("this is no WebVTT: it does not begin with WEBVTT")
    return read_cues(text, encode, is_html=True)
