"""Comma-separated columns with quotes (RFC 4180), as spreadsheets write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from texts.formats.base import BOTH, Reading
from texts.formats.columns import Columns, TableCorpus, columns_of
from texts.formats.files import Opener, open_here
from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Rejected, RowFault, Rows, make_row_of_text


class CsvCorpus(TableCorpus):
    """Comma-separated columns with quotes (RFC 4180), which may hold line breaks."""

    format: Literal["csv"] = "csv"
    delimiter: str = Field(",", pattern=r'^[^"\r\n]$', description="between the columns")

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_csv(
            paths[BOTH],
            self.source_field,
            self.target_field,
            self.delimiter,
            reading.languages,
            reading.max_line_bytes,
            reading.opener,
        )


def read_csv(
    path: str,
    source_column: int | str,
    target_column: int | str,
    delimiter: str,
    languages: tuple[str, str],
    max_line_bytes: int,
    opener: Opener = open_here,
) -> Rows:
    """Rows of a CSV file, columns as in `read_tsv`; `line` is where a row begins.

    Line breaks inside quotes become spaces. A quote that does not close takes the following lines with it,
    as far as a field may be long: each is rejected. Raises DataError as `columns_of` does.
    """
    csv.field_size_limit(max(csv.field_size_limit(), 2 * max_line_bytes + ROW_OVERHEAD))
    lines = _Lines(read_lines(path, 2 * max_line_bytes + ROW_OVERHEAD, opener))
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: Columns | None = None
    while True:
        begin = lines.number + 1
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error:
            for number in range(begin, lines.number + 1):
                yield Rejected(RowFault.QUOTES, number)
            continue
        if lines.overlong:
            yield Rejected(RowFault.OVERLONG, lines.overlong)
            lines.overlong = 0
            continue
        if columns is None:
            columns, header = columns_of(path, fields, source_column, target_column, languages)
            if header:
                yield header
                continue
        if len(fields) < columns.least:
            yield Rejected(RowFault.COLUMNS, begin)
            continue
        yield make_row_of_text(fields[columns.source], fields[columns.target], begin, max_line_bytes)


class _Lines:
    """The file's lines as text, and where the reader is; what is not UTF-8 is marked by lone surrogates."""

    def __init__(self, lines: Iterator[bytes | None]) -> None:
        self._lines = lines
        self.number = 0
        self.overlong = 0  # a line that was too long to be kept, which is read as a blank one

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if line is None:
            self.overlong = self.number
            return "\n"
        return line.decode(errors="surrogateescape") + "\n"
