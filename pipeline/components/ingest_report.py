"""What ingestion accepted and rejected: `ingest.json` in the folder of the Examples artifact."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pydantic import BaseModel
from tfx.dsl.io import fileio

from pipeline.errors import DataError

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
    file was given for, else `by hash` or `generated`; `error` is why the file cannot be
    used at all.

    The error travels as data because Beam's runners turn exceptions of a worker into their own.
    """

    index: int
    corpus: str
    split: str
    files: list[str]
    accepted: dict[str, int] = {}
    rejected: dict[str, Rejections] = {}
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


def refuse_unusable(report: IngestReport, splits: Iterable[str]) -> None:
    """Raise DataError if a file cannot be used, a corpus has rows and none of them is usable, or a split has
    no row, saying what was rejected and why."""
    errors = [file.error for file in report.files if file.error is not None]
    if errors:
        raise DataError("\n".join(errors))
    for corpus in dict.fromkeys(file.corpus for file in report.files):
        part = IngestReport(files=[file for file in report.files if file.corpus == corpus])
        if part.rejection_counts() and not any(file.accepted for file in part.files):
            raise DataError(
                f"corpus `{corpus}`: no usable sentence pair (rejected: {_reasons(part)}); check its "
                "contents, encoding, and the columns or fields that the configuration names"
            )
    for split in splits:
        if not report.accepted(split):
            raise DataError(
                f"no usable sentence pair for the `{split}` split (rejected: {_reasons(report)}); "
                "check the files' contents, encoding and columns, and the shares of `split:`"
            )


def _reasons(report: IngestReport) -> str:
    counts = sorted(report.rejection_counts().items())
    return ", ".join(f"{reason}: {count}" for reason, count in counts) or "none"
