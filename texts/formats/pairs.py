"""Two files whose n-th lines translate each other, read in lockstep."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from contracts.errors import DataError
from texts.formats.lines import read_lines
from texts.formats.rows import Rows, checked

# No line holds it, so it can say that there is none.
_END = b"\n"


def read_pairs(source_path: str, target_path: str, max_line_bytes: int) -> Rows:
    """Rows of two line-aligned files; raises DataError if one has more lines than the other."""
    sources, targets = read_lines(source_path, max_line_bytes), read_lines(target_path, max_line_bytes)
    return paired(sources, targets, (source_path, target_path), max_line_bytes)


def paired(
    sources: Iterator[bytes | None],
    targets: Iterator[bytes | None],
    names: tuple[str, str],
    max_line_bytes: int,
) -> Rows:
    """As `read_pairs`, of lines that are read already; `names` are those of their files."""
    for number in count(1):
        source, target = next(sources, _END), next(targets, _END)
        if source == _END and target == _END:
            return
        if source == _END or target == _END:
            source_count = number - 1 if source == _END else number + _count(sources)
            target_count = number - 1 if target == _END else number + _count(targets)
            raise DataError(
                f"line counts differ: {names[0]} has {source_count} lines, {names[1]} has "
                f"{target_count}; line n of one must translate line n of the other, so align them again"
            )
        yield checked(source, target, number, max_line_bytes)


def _count(lines: Iterator[bytes | None]) -> int:
    return sum(1 for _ in lines)
