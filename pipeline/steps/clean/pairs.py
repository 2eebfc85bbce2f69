"""How many sentence pairs a run used, and why it did not use the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.examples import TRAIN
from pipeline.steps.clean.report import CleaningReport, read_cleaning_report
from pipeline.steps.ingest.report import read_ingest_report


@dataclass(frozen=True)
class Pairs:
    """How many sentence pairs of all corpora and splits were used, and why the others were not."""

    used: int
    unread: Mapping[str, int]
    """Rejected by ingestion, by reason."""
    cleaned_away: Mapping[str, int]
    """Rejected by cleaning, by reason."""
    remarks: tuple[str, ...] = ()
    """What the readers noticed in the files: a header, a declaration that is not true; and of which corpora
    cleaning has left little."""

    @property
    def text(self) -> str:
        """One line."""
        parts = [f"{self.used:,} sentence pairs"]
        for where, counts in (("in reading", self.unread), ("in cleaning", self.cleaned_away)):
            if counts:
                reasons = ", ".join(f"{reason}: {count:,}" for reason, count in counts.items())
                parts.append(f"{sum(counts.values()):,} rejected {where} ({reasons})")
        return "; ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        rejected = {"ingestion": dict(self.unread), "cleaning": dict(self.cleaned_away)}
        return {"used": self.used, "rejected": rejected, "remarks": list(self.remarks)}


def pairs(examples: Path, cleaning_report: Path) -> Pairs:
    """From the reports of ingestion and cleaning."""
    read = read_ingest_report(str(examples))
    cleaning = read_cleaning_report(str(cleaning_report))
    rejected = {reason: rejections.count for reason, rejections in cleaning.rejected.items()}
    remarks = (*(remark for file in read.files for remark in file.remarks), *_losses(cleaning))
    return Pairs(sum(map(cleaning.total, cleaning.after)), read.rejection_counts(), rejected, remarks)


def _losses(cleaning: CleaningReport) -> Iterator[str]:
    """Of which corpora more training pairs were rejected than kept, and mostly why."""
    kept = cleaning.after.get(TRAIN, {})
    for corpus, before in cleaning.before.get(TRAIN, {}).items():
        if 2 * kept.get(corpus, 0) >= before:
            continue
        reasons = {reason: its.by_corpus.get(corpus, 0) for reason, its in cleaning.rejected.items()}
        most = max(reasons, key=reasons.__getitem__)
        yield (
            f"{corpus}: cleaning has kept {kept.get(corpus, 0):,} of {before:,} training pairs; most often: "
            f"{most} ({reasons[most]:,}; the report has examples)"
        )
