"""What every reader yields: a sentence pair, or the reason why a row is not one."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

# Bytes that a row may hold beside its two sides: other columns, keys, attribution.
ROW_OVERHEAD = 65_536


class RowFault(str, enum.Enum):
    """Why a reader rejects a row. The values appear in `ingest.json`."""

    INVALID_UTF8 = "invalid UTF-8"
    EMPTY_SOURCE = "empty source"
    EMPTY_TARGET = "empty target"
    OVERLONG = "line too long"
    COLUMNS = "wrong number of columns"
    JSON = "not a JSON object"
    FIELD = "field missing or not a string"
    LANGUAGE = "language missing"
    QUOTES = "quotes that do not close"
    SYNTAX = "not an entry of a catalogue"
    UNTRANSLATED = "not translated yet"


# Rows that are in order, but not of the kind that is asked for.
NOT_ASKED_FOR = frozenset((RowFault.LANGUAGE.value, RowFault.UNTRANSLATED.value))


class Row(NamedTuple):
    """A sentence pair in UTF-8; `line` counts from 1 in its file (translation units in TMX)."""

    source: bytes
    target: bytes
    line: int
    split: str | None = None
    """The split that it is for, of a corpus that splits itself."""
    part: str = ""
    """The part of that split, which is named `CORPUS-PART`."""


class Rejected(NamedTuple):
    """A row that is not used."""

    reason: RowFault
    line: int


class Remark(NamedTuple):
    """What a reader noticed in a file and did about it, for people; said once."""

    text: str


RowOrWord = Row | Rejected | Remark
Rows = Iterator[RowOrWord]


def make_row(source: bytes | None, target: bytes | None, line: int, max_line_bytes: int) -> Row | Rejected:
    """A row, unless a side is too long (None: so long that it was not kept), not UTF-8 or blank."""
    if source is None or target is None or len(source) > max_line_bytes or len(target) > max_line_bytes:
        return Rejected(RowFault.OVERLONG, line)
    try:
        source_text, target_text = source.decode(), target.decode()
    except UnicodeDecodeError:
        return Rejected(RowFault.INVALID_UTF8, line)
    if not source_text or source_text.isspace():
        return Rejected(RowFault.EMPTY_SOURCE, line)
    if not target_text or target_text.isspace():
        return Rejected(RowFault.EMPTY_TARGET, line)
    return Row(source, target, line)


def make_row_of_text(source: str, target: str, line: int, max_line_bytes: int) -> Row | Rejected:
    """As `make_row`, for formats whose strings may hold line breaks (they become spaces) or lone
    surrogates."""
    try:
        sides = [_one_line(text).encode() for text in (source, target)]
    except UnicodeEncodeError:
        return Rejected(RowFault.INVALID_UTF8, line)
    return make_row(sides[0], sides[1], line, max_line_bytes)


def _one_line(text: str) -> str:
    if "\n" not in text and "\r" not in text:
        return text
    parts = (part.strip() for part in text.replace("\r", "\n").split("\n"))
    return " ".join(part for part in parts if part)
