"""How a run ended: what the gate and the serving check said, what was pushed, where the report lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.scores import Scores
from pipeline.cleaning.report import read_cleaning_report
from pipeline.components.ingest_report import FILE_NAME, read_ingest_report
from pipeline.components.serving_check import CheckResult
from pipeline.errors import GateRefusedError, PipelineError, ServingCheckError
from pipeline.phases import read_phases
from pipeline.runner import Executed
from pipeline.schedule.config import Event


@dataclass(frozen=True)
class Seconds:
    """How long this run took, without imports: by component, and within the Trainer fit, export and check,
    which are missing when its results were there already.
    """

    components: Mapping[str, float]
    trainer: Mapping[str, float]

    @property
    def total(self) -> float:
        """All components."""
        return sum(self.components.values())

    @property
    def around_the_fit(self) -> float:
        """All components but the fit."""
        return self.total - self.trainer.get("fit", 0.0)

    @property
    def text(self) -> str:
        """One line."""
        parts = "".join(f"{phase} {seconds:.1f}, " for phase, seconds in self.trainer.items())
        return f"{self.total:.1f} s: {parts}all components but the fit {self.around_the_fit:.1f}"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "components": {name: round(seconds, 3) for name, seconds in self.components.items()},
            "trainer": dict(self.trainer),
            "total": round(self.total, 3),
            "around_the_fit": round(self.around_the_fit, 3),
        }


@dataclass(frozen=True)
class Pairs:
    """How many sentence pairs of all corpora and splits were used, and why the others were not."""

    used: int
    unread: Mapping[str, int]
    """Rejected by ingestion, by reason."""
    cleaned_away: Mapping[str, int]
    """Rejected by cleaning, by reason."""
    remarks: tuple[str, ...] = ()
    """What the readers noticed in the files: a header, a declaration that is not true."""

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


@dataclass(frozen=True)
class Outcome:
    """A run that went through all its components; the candidate may still have been refused."""

    name: str
    pairs: Pairs
    scores: Scores
    check: CheckResult
    folder: Path | None
    """The version that the candidate is; None if it was refused."""
    new: bool
    """Whether this run has made that version; if not, it was there already."""
    report: Path
    curves: Path
    """Of the training, for TensorBoard."""
    log: Path
    cached: tuple[str, ...]
    seconds: Seconds

    @property
    def version(self) -> int | None:
        """The candidate's number, pushed by this run or before."""
        return int(self.folder.name) if self.folder else None

    @property
    def event(self) -> Event:
        """What those are told who asked for it."""
        if self.refusal:
            return "refused"
        return "pushed" if self.new else "unchanged"

    @property
    def refusal(self) -> PipelineError | None:
        """Why nothing was pushed, with numbers; None when the candidate is a version."""
        if not self.scores.verdict.blessed:
            return GateRefusedError(f"the gate refused the candidate: {self.scores.verdict.text}")
        if not self.check.passed:
            return ServingCheckError(f"the serving check refused the candidate: {self.check.reason}")
        return None

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        refusal = self.refusal
        bleu = self.scores.overall.bleu
        return {
            "name": self.name,
            "pairs": self.pairs.as_json(),
            "blessed": refusal is None,
            "reason": str(refusal) if refusal else self.scores.verdict.text,
            "warnings": list(self.scores.verdict.warnings),
            "bleu": bleu.candidate,
            "bleu_signature": self.scores.signatures.bleu,
            "chrf_signature": self.scores.signatures.chrf,
            "baseline_bleu": bleu.baseline,
            "baseline_version": self.scores.baseline.version if self.scores.baseline else None,
            "slices": {one.name: one.bleu.candidate for one in self.scores.slices},
            "pushed": str(self.folder) if self.new else None,
            "already_there": str(self.folder) if self.folder and not self.new else None,
            "version": self.version,
            "report": str(self.report),
            "curves": str(self.curves),
            "log": str(self.log),
            "cached": list(self.cached),
            "seconds": self.seconds.as_json(),
        }


def outcome(name: str, done: Mapping[str, Executed], log: Path) -> Outcome:
    """Read the artifacts of a finished run."""
    pushed = done["Push"].properties["pushed_model"]
    there = bool(pushed.get("pushed"))
    return Outcome(
        name=name,
        pairs=_pairs(done),
        scores=Scores.load(done["Evaluator"].outputs["scores"]),
        check=CheckResult.load(done["ServingCheck"].outputs["blessing"]),
        folder=Path(str(pushed["pushed_destination"])) if there else None,
        new=there and bool(pushed.get("new")) and not done["Push"].cached,
        report=next(done["Report"].outputs["report"].glob("*.html")),
        curves=done["Trainer"].outputs["model_run"] / "training" / "tensorboard",
        log=log,
        cached=tuple(component for component, executed in done.items() if executed.cached),
        seconds=_seconds(done),
    )


def _seconds(done: Mapping[str, Executed]) -> Seconds:
    trainer = done["Trainer"]
    phases = {} if trainer.cached else read_phases(trainer.outputs["model_run"])
    return Seconds({component: executed.seconds for component, executed in done.items()}, phases)


def _pairs(done: Mapping[str, Executed]) -> Pairs:
    """With spans several components give examples; the last one those of all."""
    ingested = [one.outputs["examples"] for one in done.values() if "examples" in one.outputs]
    read = read_ingest_report(str([one for one in ingested if (one / FILE_NAME).exists()][-1]))
    cleaning = read_cleaning_report(str(done["Cleaner"].outputs["cleaning_report"]))
    rejected = {reason: one.count for reason, one in cleaning.rejected.items()}
    remarks = tuple(remark for file in read.files for remark in file.remarks)
    return Pairs(sum(map(cleaning.total, cleaning.after)), read.rejection_counts(), rejected, remarks)
