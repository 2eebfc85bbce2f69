"""TMX: each unit that has a variant in the source language and none in the target's gets one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from texts.cascade.scanning import Mark
from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode
from texts.documents.units import elements, encoding, joined, local, marks
from texts.tags import is_same_language

EXTENSIONS = (".tmx",)

_CODE = ("ph", "bpt", "ept", "it", "ut")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The segments in the source language: that which is asked for, else that of the file's header."""
    text, encode = decode(data, encoding(data))
    all_marks = marks(text)
    if not any(local(mark) == "tmx" for mark in all_marks):
        raise DocumentError("this is no TMX: there is no element tmx")
    header = next((mark for mark in all_marks if local(mark) == "header"), None)
    source = reading.source or (header.attributes().get("srclang", "") if header else "")
    if not reading.target:
        raise DocumentError("say which language is wanted: a TMX names that of each variant")
    units = [
        (end, words)
        for begin, end in elements(all_marks, "tu")
        if (words := _source(all_marks, begin, end, source, reading.target)) is not None
    ]

    def write(texts: Sequence[str]) -> bytes:
        parts, at = list[str](), 0
        for (end, _), translated in zip(units, texts, strict=True):
            variant = f'<tuv xml:lang="{escape(reading.target)}"><seg>{translated}</seg></tuv>'
            parts += [joined(all_marks, at, end), variant]
            at = end
        return encode("".join(parts) + joined(all_marks, at, len(all_marks)))

    return Document(
        tuple(words for _, words in units), write, "xml", {"ignore_tags": _CODE, "outline": False}
    )


def _source(all_marks: Sequence[Mark], begin: int, end: int, source: str, target: str) -> str | None:
    words = None
    for low, high in elements(all_marks, "tuv", begin, end):
        attributes = all_marks[low].attributes()
        language = attributes.get("xml:lang") or attributes.get("lang", "")
        if is_same_language(language, target):
            return None
        if is_same_language(language, source) and words is None:
            segment = next(elements(all_marks, "seg", low, high), None)
            words = (
                joined(all_marks, segment[0] + 1, segment[1]) if segment and segment[0] < segment[1] else None
            )
    return words
