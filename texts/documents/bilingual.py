"""Sentences of a document beside their translations, as XLIFF 1.2: for whoever looks them through."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from texts.documents.base import Translated

_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)), "�")
"""Characters that XML cannot hold (https://www.w3.org/TR/xml/#charsets)."""


def bilingual(
    name: str, texts: Sequence[str], answers: Sequence[Translated], source: str, target: str
) -> bytes:
    """The sentences of a document's texts that a model was asked, in order, with what the translation has in
    their places. `source` and `target`: BCP 47.
    """
    units = [
        _unit(text[slice(*segment.source)], answer.text[slice(*segment.target)])
        for text, answer in zip(texts, answers, strict=True)
        for segment in answer.segments
    ]
    numbered = "".join(
        f'<trans-unit id="{number}">{unit}</trans-unit>\n' for number, unit in enumerate(units, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'
        f"<file original={quoteattr(name.translate(_NO_XML))} source-language={quoteattr(source)} "
        f'target-language={quoteattr(target)} datatype="plaintext">\n'
        f"<body>\n{numbered}</body>\n</file>\n</xliff>\n"
    ).encode()


def _unit(source: str, target: str) -> str:
    """Tags of the document are text here."""
    return f"<source>{_written(source)}</source><target>{_written(target)}</target>"


def _written(text: str) -> str:
    return escape(text.translate(_NO_XML))
