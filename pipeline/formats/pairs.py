"""Two files whose n-th lines translate each other, read in lockstep."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from pipeline.errors import DataError
from pipeline.formats.lines import read_lines
from pipeline.formats.rows import Rows, checked

_END = object()


def read_pairs(source_path: str, target_path: str, max_line_bytes: int) -> Rows:
    """Rows of two line-aligned files; raises DataError if one has more lines than the other."""
    sources, targets = read_lines(source_path, max_line_bytes), read_lines(target_path, max_line_bytes)
    for number, (source, target) in enumerate(zip_longest(sources, targets, fillvalue=_END), start=1):
        if source is _END or target is _END:
            source_count = number - 1 if source is _END else number + _count(sources)
            target_count = number - 1 if target is _END else number + _count(targets)
            raise DataError(
                f"line counts differ: {source_path} has {source_count} lines, {target_path} has {target_count}; "
                "line n of one must translate line n of the other, so fetch or align them again"
            )
        yield checked(source, target, number, max_line_bytes)


def _count(lines: Iterator[bytes | None]) -> int:
    return sum(1 for _ in lines)
