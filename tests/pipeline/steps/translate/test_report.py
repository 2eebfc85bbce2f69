"""What plan, summary and report say of translations."""

from __future__ import annotations

from pathlib import Path

from pipeline.examples.shards import Pair
from pipeline.steps.base import Done, Run, SummaryLine
from pipeline.steps.translate import STEP
from pipeline.steps.translate.counts import FILE_NAME, count_translations
from pipeline.steps.translate.settings import TranslateSettings
from pipeline.workspace.workspace import Workspace
from tests.pipeline.steps.runs import config


def pair(source: str, target: str) -> Pair:
    return Pair(source.encode(), target.encode(), b"c", 1)


def test_all_three_tell_of_the_same(tmp_path: Path) -> None:
    run = Run(config({"format": "embedded"}), Workspace(tmp_path), settings=TranslateSettings())
    assert STEP.plan(run).facts == {"translate": {"splits": ["train"]}}
    pairs = [pair("one", "eins"), pair("two", " "), *(pair("three", "drei") for _ in range(1500))]
    counted = count_translations({"train": iter(pairs), "dev": iter(())})
    (tmp_path / FILE_NAME).write_text(counted.model_dump_json())
    summary = STEP.summary(run, Done({"translated_examples": tmp_path}, {}, cached=False))
    assert summary.facts["translated"] == {
        "train": {"sentences": 1502, "empty": 1},
        "dev": {"sentences": 0, "empty": 0},
    }
    assert summary.lines == [
        SummaryLine("translated", "train: 1,502 sentences, nothing was said to 1 of them; dev: 0 sentences")
    ]
    assert STEP.report(tmp_path) == [
        ("translated, train", "1,502 sentences, nothing was said to 1 of them"),
        ("“one”", "“eins”"),
        ("“three”", "“drei”"),
        ("“three”", "“drei”"),
        ("translated, dev", "0 sentences"),
    ]
