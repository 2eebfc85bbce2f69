"""What the page shows, apart from where it came from and how it looks. A part that is missing is None."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.attention import AttentionStudy
from contracts.confidence import Confidence
from contracts.directions import Direction
from contracts.scores import Scores
from pipeline.steps.report.charts import Histogram, Series
from pipeline.steps.report.samples import SampleGroup


@dataclass(frozen=True)
class RunHead:
    """The head of the page."""

    name: str
    source_language: str
    target_language: str
    started: datetime
    finished: datetime
    pushed_version: int | None
    refusal: str | None  # why nothing was pushed, beside the gate's verdict
    directions: Sequence[Direction] = ()  # where there are several

    @property
    def languages(self) -> str:
        """As `en → de`, or `en → de, de → en, fr → de (never trained)`."""
        several = (
            f"{direction.source_language} → {direction.target_language}"
            + " (never trained)" * direction.zero_shot
            for direction in self.directions
        )
        return ", ".join(several) or f"{self.source_language} → {self.target_language}"


@dataclass(frozen=True)
class FileCount:
    """One corpus file (or pair of files): what ingestion took from it."""

    corpus: str
    split: str
    files: str
    accepted: int
    rejected: int


@dataclass(frozen=True)
class RejectedPair:
    """An example of a rejection."""

    corpus: str
    line: int
    source: str
    target: str


@dataclass(frozen=True)
class RejectionReason:
    """Why pairs or lines were rejected, and some of them."""

    step: str
    name: str
    count: int
    examples: Sequence[RejectedPair] = ()
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class SplitCount:
    """Pairs of a split before and after cleaning, and how many of those that are left it changed."""

    name: str
    before: int
    after: int
    sources: int
    targets: int
    repaired: int


@dataclass(frozen=True)
class DataFacts:
    """From corpus files to training pairs."""

    files: Sequence[FileCount]
    reasons: Sequence[RejectionReason]
    splits: Sequence[SplitCount]
    lengths: tuple[Histogram, Histogram] | None


@dataclass(frozen=True)
class TrainingFacts:
    """How the weights were found."""

    loss: Sequence[Series]
    quality: Sequence[Series]
    best_step: int | None
    facts: Sequence[tuple[str, str]] = ()
    name: str = ""  # of one among several
    attention: AttentionStudy | None = None


@dataclass(frozen=True)
class StepFacts:
    """What a step that the page does not know has to say."""

    title: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Content:
    """The whole page."""

    run: RunHead
    data: DataFacts | None
    trainings: Sequence[TrainingFacts]
    scores: Scores | None
    samples: Sequence[SampleGroup]
    configuration: str
    packages: Sequence[tuple[str, str]]
    steps: Sequence[StepFacts] = ()
    confidence: Confidence | None = None
    notes: Sequence[str] = field(default_factory=tuple)  # what could not be shown, and why
