"""Tables of comma, semicolon or tab separated values, by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from texts.documents.base import Document, DocumentError, DocumentReading
from texts.documents.encodings import decode

EXTENSIONS = (".csv", ".tsv")


def read(data: bytes, reading: DocumentReading) -> Document:
    """The cells of the columns that somebody names; the first row stays if it has the names."""
    text, encode = decode(data)
    delimiter = max("\t;,", key=text.split("\n", 1)[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DocumentError(f"this is no table: {error}") from error
    columns, begin = _columns(rows, reading.columns)
    cells = [
        (number, column)
        for number in range(begin, len(rows))
        for column in columns
        if column < len(rows[number])
    ]

    def write(texts: Sequence[str]) -> bytes:
        for (number, column), translated in zip(cells, texts, strict=True):
            rows[number][column] = translated.replace("\0", "")  # Before Python 3.11 none can be written.
        out = io.StringIO()
        quotes_all = text.startswith('"')
        ends = "\r\n" if "\r\n" in text else "\n"
        csv.writer(
            out,
            delimiter=delimiter,
            quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL,
            lineterminator=ends,
        ).writerows(rows)
        return encode(out.getvalue())

    return Document(tuple(rows[number][column] for number, column in cells), write)


def _columns(rows: Sequence[Sequence[str]], wanted: Sequence[str]) -> tuple[list[int], int]:
    """Their places, and the first row of words."""
    head = rows[0] if rows else []
    if not wanted:
        raise DocumentError(f"say which columns are translated, by name or number: {', '.join(head)}")
    if all(name in head for name in wanted):
        return [head.index(name) for name in wanted], 1
    if all(name.isdecimal() and 1 <= int(name) <= len(head) for name in wanted):
        return [int(name) - 1 for name in wanted], 0
    raise DocumentError(f"there is no column {', '.join(wanted)}: there are {', '.join(head)}")
