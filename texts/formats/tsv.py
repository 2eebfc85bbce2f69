"""Tab-separated columns without quoting: a tab always separates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from texts.formats.base import BOTH, Reading
from texts.formats.columns import Columns, TableCorpus, columns_of
from texts.formats.files import Opener, open_here
from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Rejected, RowFault, Rows, make_row


class TsvCorpus(TableCorpus):
    """Tab-separated columns; no quoting, a tab always separates."""

    format: Literal["tsv"] = "tsv"

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_tsv(
            paths[BOTH],
            self.source_field,
            self.target_field,
            reading.languages,
            reading.max_line_bytes,
            reading.opener,
        )


def read_tsv(
    path: str,
    source_column: int | str,
    target_column: int | str,
    languages: tuple[str, str],
    max_line_bytes: int,
    opener: Opener = open_here,
) -> Rows:
    """Rows of a TSV file. Columns are counted from 0 or named as in the first row, and a row needs no others.

    A header is left out with a remark. Raises DataError as `columns_of` does.
    """
    columns: Columns | None = None
    for number, line in enumerate(read_lines(path, 2 * max_line_bytes + ROW_OVERHEAD, opener), start=1):
        if line is None:
            yield Rejected(RowFault.OVERLONG, number)
            continue
        fields = line.split(b"\t")
        if columns is None:
            names = [field.decode(errors="replace") for field in fields]
            columns, header = columns_of(path, names, source_column, target_column, languages)
            if header:
                yield header
                continue
        if len(fields) < columns.least:
            yield Rejected(RowFault.COLUMNS, number)
            continue
        yield make_row(fields[columns.source], fields[columns.target], number, max_line_bytes)
