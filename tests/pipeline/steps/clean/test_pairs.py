"""What is said of the pairs that a run has used."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.steps.clean import STEP
from pipeline.steps.clean import pairs as module
from pipeline.steps.clean.report import CleaningReport, Rejection
from pipeline.steps.ingest.report import IngestReport


def test_a_corpus_that_cleaning_has_left_little_of_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cleaning = CleaningReport(
        before={"train": {"ids": 10, "texts": 4}, "dev": {"ids": 9}},
        after={"train": {"ids": 4, "texts": 2}, "dev": {"ids": 1}},
        rejected={
            "duplicate": Rejection(count=3, by_corpus={"ids": 1, "texts": 2}),
            "source too short": Rejection(count=5, by_corpus={"ids": 5}),
        },
    )
    monkeypatch.setattr(module, "read_ingest_report", lambda _: IngestReport(files=[]))
    monkeypatch.setattr(module, "read_cleaning_report", lambda _: cleaning)
    assert module.pairs(tmp_path, tmp_path).remarks == (
        "ids: cleaning has kept 4 of 10 training pairs; most often: source too short (5; the report has "
        "examples)",
    )


@pytest.mark.parametrize(
    ("directions", "said"),
    [
        ((), "5 sentence pairs"),
        (("en-de", "de-en"), "5 sentence pairs; a pair counts in each of its directions"),
    ],
)
def test_of_several_directions_it_is_said_how_pairs_count(
    directions: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "pairs", lambda *_: module.Pairs(5, {}, {}))
    run: Any = SimpleNamespace(config=SimpleNamespace(several_directions=directions))
    done: Any = SimpleNamespace(folders={"examples": Path(), "cleaning_report": Path()})
    assert [line.text for line in STEP.summary(run, done).lines] == [said]
