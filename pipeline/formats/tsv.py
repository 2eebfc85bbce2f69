"""Tab-separated columns without quoting: a tab always separates."""

from __future__ import annotations

from pipeline.formats.lines import read_lines
from pipeline.formats.rows import ROW_OVERHEAD, Reason, Rejected, Rows, checked


def read_tsv(path: str, source_column: int, target_column: int, max_line_bytes: int) -> Rows:
    """Rows of a TSV file, columns counted from 0.

    Every row must have as many columns as the first one that has both sides: a stray tab would shift the
    columns and pair a sentence with the wrong text.
    """
    least = max(source_column, target_column) + 1
    columns: int | None = None
    for number, line in enumerate(read_lines(path, 2 * max_line_bytes + ROW_OVERHEAD), start=1):
        if line is None:
            yield Rejected(Reason.OVERLONG, number)
            continue
        fields = line.split(b"\t")
        if columns is None and len(fields) >= least:
            columns = len(fields)
        if len(fields) != columns:
            yield Rejected(Reason.COLUMNS, number)
            continue
        yield checked(fields[source_column], fields[target_column], number, max_line_bytes)
