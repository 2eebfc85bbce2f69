"""The page's content, read from a run's artifacts. What cannot be read becomes a note on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import yaml

from contracts.attention import AttentionStudy
from contracts.card import EXTRA
from contracts.confidence import Confidence
from contracts.scores import Scores
from pipeline.config import RunConfig
from pipeline.steps.base import KIND
from pipeline.steps.clean.report import Changes, CleaningReport, LengthCounts, read_cleaning_report
from pipeline.steps.evaluate.translations import EvaluatedSentence, read_translations
from pipeline.steps.ingest.report import IngestReport, read_ingest_report
from pipeline.steps.push.packages import own_version, package_versions
from pipeline.steps.report.charts import Histogram
from pipeline.steps.report.content import (
    Content,
    DataFacts,
    FileCount,
    RejectedPair,
    RejectionReason,
    RunHead,
    SplitCount,
    StepFacts,
)
from pipeline.steps.report.history import read_history
from pipeline.steps.report.samples import SampleGroup, choose
from pipeline.steps.translate.exported import Explanation, ExportedModel, saved_model_folder

T = TypeVar("T")


@dataclass(frozen=True)
class Folders:
    """Where the artifacts of a run lie; None for what the run did not make."""

    ingested: Path | None = None  # ingest.json
    cleaning: Path | None = None  # cleaning.json
    trainings: Mapping[str, Path] = field(default_factory=dict)  # history.json, by the training's name
    scores: Path | None = None  # scores.json
    translations: Path | None = None  # the split's folder
    model: Path | None = None  # the candidate, for its attention
    steps: Sequence[tuple[str, str, Path]] = ()  # of others: name in the recipe, step, what it put out


def gather(
    config: RunConfig,
    folders: Folders,
    started: datetime,
    finished: datetime,
    pushed_version: int | None,
    refusal: str | None,
) -> Content:
    """Reads everything.

    Args:
        config: of the run.
        folders: the artifacts.
        started: when the run began.
        finished: now.
        pushed_version: the number under which the candidate was pushed, if it was.
        refusal: why it was not, if not for the gate's own reasons.
    """
    notes: list[str] = []
    ingested = _read("what was ingested", folders.ingested, lambda f: read_ingest_report(str(f)), notes)
    cleaned = _read("what was cleaned", folders.cleaning, lambda f: read_cleaning_report(str(f)), notes)
    scores = _read("the scores", folders.scores, Scores.load, notes)
    trainings = [
        replace(history, name=name, attention=_read("attention", folder, AttentionStudy.of, notes))
        for name, folder in sorted(folders.trainings.items())
        if (history := _read("the training's history", folder, read_history, notes)) is not None
    ]
    others = [
        StepFacts(title, facts)
        for title, step, folder in folders.steps
        if (facts := _read(title, folder, _reporter(step), notes))
    ]
    confidence = _read(
        "the confidence", folders.model, lambda f: Confidence.of(saved_model_folder(str(f)) / EXTRA), notes
    )
    groups = _read(
        "the translations", folders.translations, lambda f: _samples(f, folders.model, notes), notes
    )
    return Content(
        run=RunHead(
            name=config.name,
            source_language=config.languages.source,
            target_language=config.languages.target,
            started=started,
            finished=finished,
            pushed_version=pushed_version,
            refusal=refusal,
            directions=config.several_directions,
        ),
        data=_data(ingested, cleaned),
        trainings=trainings,
        steps=others,
        scores=scores,
        samples=groups or [],
        confidence=confidence,
        configuration=yaml.safe_dump(config.shown(), allow_unicode=True, sort_keys=False),
        packages=[("dragoman", own_version()), *package_versions().items()],
        notes=tuple(notes),
    )


def _read(what: str, folder: Path | None, read: Callable[[Path], T], notes: list[str]) -> T | None:
    """Reads a part. A report must not fail a run that is otherwise done: what is wrong, the page says."""
    if folder is None:
        return None
    try:
        return read(folder)
    except Exception as error:
        notes.append(f"{what.capitalize()} could not be shown: {error}")
        return None


def _reporter(step: str) -> Callable[[Path], Sequence[tuple[str, str]]]:
    """What reads an artifact of a step that the page does not know."""

    def report(folder: Path) -> Sequence[tuple[str, str]]:
        facts: Sequence[tuple[str, str]] = KIND.module(step).STEP.report(folder)
        return facts

    return report


def _samples(folder: Path, model: Path | None, notes: list[str]) -> Sequence[SampleGroup]:
    exported = _read("attention", model, ExportedModel, notes)

    def explain(translation: EvaluatedSentence) -> Explanation | None:
        source, language = translation.source, translation.target_language
        if exported is None or not source.strip():
            return None
        return _read("attention", folder, lambda _: exported.explain([source], language)[0], notes)

    return choose(read_translations(folder), explain)


def _data(ingested: IngestReport | None, cleaned: CleaningReport | None) -> DataFacts | None:
    if ingested is None and cleaned is None:
        return None
    files = [] if ingested is None else _file_counts(ingested)
    reasons = [] if ingested is None else _reading_reasons(ingested)
    if cleaned is None:
        return DataFacts(files, reasons, (), None)
    reasons += [
        RejectionReason(
            "cleaning",
            _words(name),
            rejection.count,
            [RejectedPair(e.corpus, e.line, e.source, e.target) for e in rejection.examples],
        )
        for name, rejection in sorted(cleaned.rejected.items(), key=lambda item: -item[1].count)
    ]
    lengths = cleaned.lengths_after
    both = _histogram("source", lengths.source_words), _histogram("target", lengths.target_words)
    splits = [_split_count(split, cleaned) for split in cleaned.before]
    return DataFacts(files, reasons, splits, both if cleaned.total("train") else None)


def _split_count(split: str, cleaned: CleaningReport) -> SplitCount:
    changes = cleaned.changed.get(split, Changes())
    return SplitCount(split, cleaned.total(split, after=False), cleaned.total(split), **changes.model_dump())


def _file_counts(report: IngestReport) -> list[FileCount]:
    return [
        FileCount(
            corpus=file.corpus,
            split=", ".join(split for split, pairs in file.accepted.items() if pairs) or file.split,
            files=", ".join(Path(name).name for name in file.files),
            accepted=sum(file.accepted.values()),
            rejected=sum(rejections.count for rejections in file.rejected.values()),
        )
        for file in report.files
    ]


def _reading_reasons(report: IngestReport) -> list[RejectionReason]:
    lines: dict[str, list[str]] = {}
    for file in report.files:
        for name, rejections in file.rejected.items():
            shown = ", ".join(map(str, rejections.lines)) + (
                " …" if rejections.count > len(rejections.lines) else ""
            )
            lines.setdefault(name, []).append(f"{file.corpus} ({file.split}), line {shown}")
    counts = report.rejection_counts()
    ordered = sorted(counts, key=lambda name: -counts[name])
    return [
        RejectionReason("reading", _words(name), counts[name], lines=lines[name])
        for name in ordered
        if counts[name]
    ]


def _words(name: str) -> str:
    """`length_ratio` as people write it."""
    return name.replace("_", " ")


def _histogram(label: str, lengths: LengthCounts) -> Histogram:
    """Without the empty tail; the last bin of all holds what is longer still."""
    used = max((place for place, count in enumerate(lengths.counts) if count), default=0) + 1
    edges = [lengths.width * place for place in range(used + 1)]
    longer = ", the last bar: and longer" if used == len(lengths.counts) else ""
    return Histogram(label + longer, edges, lengths.counts[:used])
