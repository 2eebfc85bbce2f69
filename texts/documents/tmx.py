"""TMX: each unit that has a variant in the source language and none in the target's gets one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from texts.cascade.scanning import Mark
from texts.documents.base import Document, DocumentError, Reading
from texts.documents.encodings import decode
from texts.documents.units import elements, encoding, joined, local, marks
from texts.tags import primary_subtag

EXTENSIONS = (".tmx",)

_CODE = ("ph", "bpt", "ept", "it", "ut")


def read(data: bytes, reading: Reading) -> Document:
    """The segments in the source language: that which is asked for, else that of the file's header."""
    text, encode = decode(data, encoding(data))
    found = marks(text)
    if not any(local(mark) == "tmx" for mark in found):
        raise DocumentError("this is no TMX: there is no element tmx")
    header = next((mark for mark in found if local(mark) == "header"), None)
    source = reading.source or (header.attributes().get("srclang", "") if header else "")
    if not reading.target:
        raise DocumentError("say which language is wanted: a TMX names that of each variant")
    units = [
        (end, words)
        for begin, end in elements(found, "tu")
        if (words := _source(found, begin, end, source, reading.target)) is not None
    ]

    def write(texts: Sequence[str]) -> bytes:
        parts, at = list[str](), 0
        for (end, _), translated in zip(units, texts, strict=True):
            variant = f'<tuv xml:lang="{escape(reading.target)}"><seg>{translated}</seg></tuv>'
            parts += [joined(found, at, end), variant]
            at = end
        return encode("".join(parts) + joined(found, at, len(found)))

    return Document(
        tuple(words for _, words in units), write, "xml", {"ignore_tags": _CODE, "outline": False}
    )


def _source(found: Sequence[Mark], begin: int, end: int, source: str, target: str) -> str | None:
    words = None
    for low, high in elements(found, "tuv", begin, end):
        attributes = found[low].attributes()
        language = primary_subtag(attributes.get("xml:lang") or attributes.get("lang", "")).lower()
        if language == primary_subtag(target).lower():
            return None
        if language == primary_subtag(source).lower() and words is None:
            segment = next(elements(found, "seg", low, high), None)
            words = joined(found, segment[0] + 1, segment[1]) if segment and segment[0] < segment[1] else None
    return words
