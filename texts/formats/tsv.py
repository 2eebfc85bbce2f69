"""Tab-separated columns without quoting: a tab always separates."""

from __future__ import annotations

from texts.formats.columns import Columns, columns_of
from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Reason, Rejected, Rows, checked


def read_tsv(
    path: str,
    source_column: int | str,
    target_column: int | str,
    languages: tuple[str, str],
    max_line_bytes: int,
) -> Rows:
    """Rows of a TSV file. Columns are counted from 0 or named as in the first row, and a row needs no others.

    A header is left out with a remark. Raises DataError as `columns_of` does.
    """
    columns: Columns | None = None
    for number, line in enumerate(read_lines(path, 2 * max_line_bytes + ROW_OVERHEAD), start=1):
        if line is None:
            yield Rejected(Reason.OVERLONG, number)
            continue
        fields = line.split(b"\t")
        if columns is None:
            names = [field.decode(errors="replace") for field in fields]
            columns, header = columns_of(path, names, source_column, target_column, languages)
            if header:
                yield header
                continue
        if len(fields) < columns.least:
            yield Rejected(Reason.COLUMNS, number)
            continue
        yield checked(fields[columns.source], fields[columns.target], number, max_line_bytes)
