"""Application resource bundles, as Flutter has them
(https://github.com/google/app-resource-bundle/wiki/ApplicationResourceBundleSpecification)."""

from __future__ import annotations

from texts.documents import json
from texts.documents.base import Document, DocumentReading

EXTENSIONS = (".arb",)


def read(data: bytes, reading: DocumentReading) -> Document:
    """Its texts; what keys beginning with `@` have says something of them, or of the file."""
    del reading
    return json.strings(data, lambda key: not key.startswith("@"))
