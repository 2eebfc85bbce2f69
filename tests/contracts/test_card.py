"""The model card: read back as written, refused when it is something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.attention import AligningHead
from contracts.card import CardSummary, MetricSummary, ModelCard
from contracts.confidence import Bin, Confidence
from contracts.errors import RecordError
from contracts.protection import ProtectedPieces
from tests.pipeline.steps.push.cards import card


def _written(folder: Path, text: str) -> Path:
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "model_card.json").write_text(text, encoding="utf-8")
    return folder


def test_reads_what_it_writes(tmp_path: Path) -> None:
    assert ModelCard.load(_written(tmp_path, card().as_json())) == card()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\u0000", '{"schema_version": 2}'])
def test_refuses_what_is_no_card(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecordError, match="no model card"):
        ModelCard.load(_written(tmp_path, text))


def test_refuses_unknown_schema_and_keys(tmp_path: Path) -> None:
    content = json.loads(card().as_json())
    with pytest.raises(RecordError, match="surprise"):
        ModelCard.load(_written(tmp_path, json.dumps({**content, "surprise": 1})))


def test_absent_card(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot read"):
        ModelCard.load(tmp_path)


def test_the_card_says_how_pieces_are_carried_and_what_a_score_means(tmp_path: Path) -> None:
    protection = ProtectedPieces(pieces=2, sentences=200, kept=0.94)
    confidence = Confidence(
        good_chrf=60, sentences=1000, good=0.5, slope=2, offset=2, error=0.031,
        reliability=(Bin(confidence=0.4, good=0.5, sentences=1000),),
    )  # fmt: skip
    card_of_both = card().model_copy(update={"protected_pieces": protection, "confidence": confidence})
    folder = _written(tmp_path, card_of_both.as_json())
    assert ModelCard.load(folder) == card_of_both
    summary = CardSummary.of(folder)
    assert summary.carried == ("\u27e60\u27e7", "\u27e61\u27e7")
    assert summary.confidence is not None
    assert summary.confidence.of_score(-1) == 0.5
    assert not {"protected_pieces", "confidence"} & json.loads(card().as_json()).keys()
    assert CardSummary().carried == ()


def test_the_card_names_the_head_that_links_are_read_from(tmp_path: Path) -> None:
    head = AligningHead(layer=1, head=0, by="aligner")
    chosen = card().model_copy(update={"optional_signatures": ("align",), "aligning_head": head})
    assert ModelCard.load(_written(tmp_path, chosen.as_json())) == chosen
    assert "aligning_head" not in card().as_json()  # older programs refuse keys that they do not know


def test_optional_signatures_are_named_where_there_are_some(tmp_path: Path) -> None:
    assert "optional_signatures" not in card().as_json()
    with_some = card().model_copy(update={"optional_signatures": ("align",)})
    assert ModelCard.load(_written(tmp_path, with_some.as_json())) == with_some
    assert CardSummary.of(tmp_path).optional_signatures == ("align",)


def test_a_summary_is_of_any_card(tmp_path: Path) -> None:
    assert CardSummary.of(None) == CardSummary.of(tmp_path) == CardSummary()
    folder = _written(tmp_path, card().as_json())
    summary = CardSummary.of(folder)
    assert (summary.source_language, summary.overall) == ("en", MetricSummary(bleu=87.654, chrf=91.2))
    for text in ('{"created": 3, "source_language": "de", "overall": [], "new": 1}', "[]", "\u00ff{"):
        (folder / "assets.extra" / "model_card.json").write_text(text)
        read = CardSummary.of(folder)
        assert (read.created, read.overall) == (None, None)
        assert read.source_language == ("de" if "de" in text else None)
