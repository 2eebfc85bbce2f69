"""What ingestion accepted and rejected: `ingest.json` in the folder of the Examples artifact."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pydantic import BaseModel
from tfx.dsl.io import fileio

from pipeline.errors import DataError
from texts.formats.rows import NOT_ASKED_FOR

FILE_NAME = "ingest.json"
# Rejections are mostly of one kind in many places: a few lines are enough to find it.
_LINES_KEPT = 10


class Rejections(BaseModel):
    """How often one reason struck, and the first lines where it did."""

    count: int = 0
    lines: list[int] = []

    def add(self, line: int) -> None:
        """Count one more."""
        self.count += 1
        if len(self.lines) < _LINES_KEPT:
            self.lines.append(line)


class FileReport(BaseModel):
    """One file, or pair of files. `rejected` has one entry per reason; `split` is the split that the
    file was given for, else `by hash` or `generated`; `remarks` are
    what its reader noticed; `error` is why the file cannot be used at all.

    The error travels as data because Beam's runners turn exceptions of a worker into their own.
    """

    index: int
    corpus: str
    split: str
    files: list[str]
    accepted: dict[str, int] = {}
    rejected: dict[str, Rejections] = {}
    remarks: list[str] = []
    error: str | None = None


class IngestReport(BaseModel):
    """All files of a run, in the order of the configuration."""

    files: list[FileReport]

    def accepted(self, split: str) -> int:
        """Rows of a split, over all corpora."""
        return sum(report.accepted.get(split, 0) for report in self.files)

    def rejection_counts(self) -> dict[str, int]:
        """Rejections by reason, over all files."""
        counts: dict[str, int] = {}
        for report in self.files:
            for reason, rejections in report.rejected.items():
                counts[reason] = counts.get(reason, 0) + rejections.count
        return counts


def write_ingest_report(report: IngestReport, folder: str) -> None:
    """Write the report into the folder of the Examples artifact."""
    with fileio.open(os.path.join(folder, FILE_NAME), "w") as file:
        file.write(report.model_dump_json(indent=2))


def read_ingest_report(folder: str) -> IngestReport:
    """Read the report of an Examples artifact that CorpusExampleGen made."""
    with fileio.open(os.path.join(folder, FILE_NAME), "rb") as file:
        return IngestReport.model_validate_json(file.read())


def refuse_unreadable(report: IngestReport, max_unreadable: float) -> None:
    """Raise DataError for all files that cannot be used, give no row, or of whose rows a larger share than
    `max_unreadable` cannot be read, by name and with the reasons."""
    errors = [error for file in report.files if (error := file.error or _unreadable(file, max_unreadable))]
    if errors:
        raise DataError("\n".join(errors))


def refuse_empty_splits(report: IngestReport, splits: Iterable[str]) -> None:
    """Raise DataError if a split has no row."""
    for split in splits:
        if not report.accepted(split):
            raise DataError(
                f"no usable sentence pair for the `{split}` split (rejected: {_reasons(report)}); "
                "check the files' contents, encoding and columns, and the shares of `split:`"
            )


def _unreadable(file: FileReport, most: float) -> str | None:
    part = IngestReport(files=[file])
    counts, accepted = part.rejection_counts(), sum(file.accepted.values())
    name = f"corpus `{file.corpus}`: {' and '.join(file.files) or 'its generator'}"
    cure = "check its contents, encoding, and the columns or fields that the configuration names"
    if not accepted:
        if not counts:
            return f"{name}: no row at all; fetch it again, or leave it out"
        return f"{name}: no usable sentence pair (rejected: {_reasons(part)}); {cure}"
    unread = sum(count for reason, count in counts.items() if reason not in NOT_ASKED_FOR)
    if unread > most * (unread + accepted):
        return (
            f"{name}: {unread:,} of {unread + accepted:,} rows cannot be read ({_reasons(part)}), more than "
            f"ingest.max_unreadable {most:g} allows; {cure}, or raise ingest.max_unreadable"
        )
    return None


def _reasons(report: IngestReport) -> str:
    counts = sorted(report.rejection_counts().items())
    return ", ".join(f"{reason}: {count}" for reason, count in counts) or "none"
