"""BLEU by length is read off the cards of versions, and shown as it is."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import lengths
from contracts.card import EXTRA, JSON_NAME, CardScores
from tests.pipeline.steps.push.cards import card


def _version(folder: Path, model: str, by_length: dict[str, float]) -> Path:
    slices = [
        CardScores(feature="length", value=length, sentences=9, bleu=bleu, chrf=50.0)
        for length, bleu in by_length.items()
    ]
    slices.append(CardScores(feature="corpus", value="x", sentences=9, bleu=99.0, chrf=99.0))
    (folder / EXTRA).mkdir(parents=True)
    written = card().model_copy(update={"model": model, "slices": tuple(slices)})
    (folder / EXTRA / JSON_NAME).write_text(written.as_json(), encoding="utf-8")
    return folder


def test_versions_are_compared_slice_by_slice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _version(tmp_path / "a" / "1", "elman", {"≤ 6": 40.04, "7–9": 20.0})
    second = _version(tmp_path / "b" / "1", "bahdanau", {"≤ 6": 60.0, "7–9": 59.0, "> 9": 58.0})
    picture = tmp_path / "lengths.svg"
    monkeypatch.setattr(sys, "argv", ["lengths", str(first), str(second), "--picture", str(picture)])
    lengths.main()
    overall = f"{card().overall.bleu:.1f}"
    assert capsys.readouterr().out.splitlines() == [
        "| model | all | ≤ 6 | 7–9 | > 9 |",
        "|---|---|---|---|---|",
        f"| elman | {overall} | 40.0 | 20.0 |  |",
        f"| bahdanau | {overall} | 60.0 | 59.0 | 58.0 |",
    ]
    texts = {"".join(element.itertext()).strip() for element in ET.parse(picture).iter()}
    assert {"elman", "bahdanau", "7–9", "words of the source"} <= texts


def test_what_has_no_card_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lengths", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"cannot read .*model_card\.json"):
        lengths.main()
