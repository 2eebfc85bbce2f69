"""Two files whose n-th lines translate each other, read in lockstep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Literal

from pydantic import Field

from contracts.errors import DataError
from contracts.sections import Section
from texts.formats.base import SOURCE, TARGET, Files, HashSplit, Reading, SplitCorpus
from texts.formats.files import Opener, open_here
from texts.formats.lines import read_lines
from texts.formats.rows import Rows, make_row

# No line holds it, so it can say that there is none.
_END = b"\n"


class PairFiles(Section):
    """Two line-aligned files (plain, .gz, .zst, .xz or .bz2); `{SPAN}` and `{VERSION}` stand for numbers."""

    source: str
    target: str


class PairsCorpus(SplitCorpus):
    """Line-aligned file pairs: one pair of files per split, or one pair split by hash."""

    WHOLE = "files"

    format: Literal["pairs"] = "pairs"
    train: PairFiles | None = None
    dev: PairFiles | None = None
    test: PairFiles | None = None
    files: PairFiles | None = Field(None, description="one pair of files for all splits; needs `split`")
    split: HashSplit | None = None

    @property
    def shares(self) -> HashSplit | None:
        return self.split

    @staticmethod
    def sides(files: PairFiles) -> Files:
        return ((SOURCE, files.source), (TARGET, files.target))

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_pairs(paths[SOURCE], paths[TARGET], reading.max_line_bytes, reading.opener)


def read_pairs(source_path: str, target_path: str, max_line_bytes: int, opener: Opener = open_here) -> Rows:
    """Rows of two line-aligned files; raises DataError if one has more lines than the other."""
    sources, targets = (read_lines(path, max_line_bytes, opener) for path in (source_path, target_path))
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
        yield make_row(source, target, number, max_line_bytes)


def _count(lines: Iterator[bytes | None]) -> int:
    return sum(1 for _ in lines)
