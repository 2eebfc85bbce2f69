"""Excel: strings of cells; formulas and numbers stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from texts.cascade.scanning import scan
from texts.documents import ooxml
from texts.documents.archives import markups
from texts.documents.base import Document, DocumentReading
from texts.documents.office import content_types, document
from texts.documents.units import local

EXTENSIONS = (".xlsx",)

_MAINS = (
    "spreadsheetml.sheet.main",
    "spreadsheetml.template.main",
    "ms-excel.sheet.macroenabled.main",
    "ms-excel.template.macroenabled.main",
)
_PARTS = ("spreadsheetml.sharedstrings", "spreadsheetml.worksheet")


_TABLE = "spreadsheetml.table"
_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
"""As Excel writes a line's end in an attribute (ECMA-376, part 1, 22.9.2.19)."""


def read(data: bytes, reading: DocumentReading) -> Document:
    """The strings that its sheets share, and those in them, but for names of tables' columns: Excel calls a
    table damaged whose header says another name, and formulas call columns by them, too.
    """
    del reading
    types = content_types(data)
    names = _column_names(data, types)
    return document(
        data, types, _MAINS, _PARTS, lambda xml: ooxml.read(xml, lambda text: _words(text) in names)
    )


def _column_names(data: bytes, types: Mapping[str, str]) -> set[str]:
    tables = markups(data, lambda name: types.get(name) == _TABLE)
    columns = (mark for table in tables for mark in scan(table) if local(mark) == "tableColumn")
    return {_plain(column.attributes().get("name", "")) for column in columns}


def _words(text: str) -> str:
    return _plain("".join(mark.raw for mark in scan(text) if mark.kind == "text"))


def _plain(escaped: str) -> str:
    """Without references and other escapes, and with one space for white space: it may differ."""
    text = _CHARACTER.sub(lambda code: chr(int(code[1], 16)), unescape(escaped))
    return " ".join(text.split())
