"""A run's artifacts as other components write them, without running any."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from contracts.scores import (
    BootstrapSettings,
    MetricScores,
    Scores,
    Signatures,
    SliceScores,
    System,
    Thresholds,
    Verdict,
)
from pipeline.config import Languages, RunConfig
from pipeline.steps.clean.report import (
    Changes,
    CleaningReport,
    Example,
    Lengths,
    Rejection,
    write_cleaning_report,
)
from pipeline.steps.evaluate.translations import TestSentence, write_translations
from pipeline.steps.ingest.report import FileReport, IngestReport, Rejections, write_ingest_report
from pipeline.steps.report.sources import Folders
from texts.formats.embedded import EmbeddedCorpus

HOSTILE = '<script>alert("x")</script> & \'"> \x00\x1b مرحبا 世界 {{ 7 * 7 }} ${x} </style>'
STARTED = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
FINISHED = datetime(2026, 1, 2, 4, 14, tzinfo=timezone.utc)


def config(name: str = "demo") -> RunConfig:
    """The smallest run."""
    corpus = EmbeddedCorpus(format="embedded", name=HOSTILE)
    return RunConfig(name=name, languages=Languages(source="en", target="de"), corpora=(corpus,))


def metric(candidate: float, baseline: float | None, p_value: float | None = 0.031) -> MetricScores:
    """Scores with an interval of two points to each side."""
    if baseline is None:
        return MetricScores(candidate=candidate, candidate_interval=(candidate - 2, candidate + 2))
    return MetricScores(
        candidate=candidate,
        candidate_interval=(candidate - 2, candidate + 2),
        baseline=baseline,
        baseline_interval=(baseline - 2, baseline + 2),
        difference=candidate - baseline,
        difference_interval=(candidate - baseline - 1, candidate - baseline + 1),
        p_value=p_value,
    )


def scores(
    *, blessed: bool = True, against: float | None = 31.25, reasons: tuple[str, ...] = ("why so",)
) -> Scores:
    """Scores of three sentences sets, one of them with a hostile name."""

    def part(feature: str | None, value: str | None, bleu: float) -> SliceScores:
        other = metric(bleu + 20, None if against is None else against + 20)
        return SliceScores(
            feature=feature, value=value, sentences=1234, bleu=metric(bleu, against), chrf=other
        )

    return Scores(
        source_language="en",
        target_language="de",
        split="test",
        signatures=Signatures(bleu="nrefs:1|tok:13a", chrf="nrefs:1|nc:6"),
        candidate=System(uri="/runs/model"),
        baseline=None if against is None else System(uri="/models/demo/3", version=3),
        overall=part(None, None, 33.75),
        slices=(part("length", "≤ 10", 35.5), part("corpus", HOSTILE, 36.5)),
        bootstrap=BootstrapSettings(samples=1000, seed=12345),
        thresholds=Thresholds(bleu_floor=20.0, max_drop=0.5),
        verdict=Verdict(blessed=blessed, reasons=reasons),
    )


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """All artifacts of a run but the model."""
    (tmp_path / "ingested").mkdir()
    rejected = {"empty_side": Rejections(count=12, lines=[4, 17])}
    file = FileReport(
        index=0,
        corpus=HOSTILE,
        split="train",
        files=["/data/a.en.gz"],
        accepted={"train": 4321},
        rejected=rejected,
    )
    write_ingest_report(IngestReport(files=[file]), str(tmp_path / "ingested"))

    (tmp_path / "cleaning").mkdir()
    lengths = Lengths()
    lengths.source_words.counts[2] = 4000
    lengths.target_words.counts[-1] = 5
    example = Example(corpus=HOSTILE, line=99, source=HOSTILE, target="x" * 50)
    cleaned = CleaningReport(
        before={"train": {HOSTILE: 4321}, "test": {HOSTILE: 50}},
        after={"train": {HOSTILE: 4300}, "test": {HOSTILE: 50}},
        changed={"train": Changes(sources=8, targets=9, repaired=7), "test": Changes(targets=6123)},
        rejected={"length_ratio": Rejection(count=21, by_corpus={HOSTILE: 21}, examples=[example])},
        lengths_after=lengths,
    )
    write_cleaning_report(cleaned, str(tmp_path / "cleaning"))

    history = tmp_path / "training" / "run" / "history.json"
    history.parent.mkdir(parents=True)
    losses = [
        {"step": s, "epoch": 1, "seconds": s, "loss": 5 - s / 100, "tokens_per_second": 9876}
        for s in (50, 100)
    ]
    history.write_text(json.dumps([*losses, {"step": 100, "epoch": 2, "seconds": 130.0, "dev_bleu": 27.5}]))

    scores().save(tmp_path / "scores")

    sentences = [
        TestSentence(text.encode(), b"Satz eins", HOSTILE.encode(), 1) for text in ("Sentence one", HOSTILE)
    ]
    hypotheses = [b"Satz zwei", HOSTILE.encode()]
    write_translations(tmp_path / "translations", sentences, hypotheses, [b"Satz", b""], (10,))
    return Folders(
        ingested=tmp_path / "ingested",
        cleaning=tmp_path / "cleaning",
        trainings={"": tmp_path / "training"},
        scores=tmp_path / "scores",
        translations=tmp_path / "translations",
    )
