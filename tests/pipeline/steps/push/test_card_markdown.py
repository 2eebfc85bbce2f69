"""The card as people read it."""

from __future__ import annotations

from contracts.attention import AligningHead
from contracts.confidence import Bin, Confidence
from contracts.protection import ProtectedPieces
from pipeline.steps.push.card_markdown import markdown
from tests.pipeline.steps.push.cards import card


def test_markdown_says_what_people_ask() -> None:
    text = markdown(card().model_copy(update={"version": 4}))
    assert text.startswith("# translator version 4\n\nTranslates en to de. Pushed 2026-01-02 03:04:05 UTC.\n")
    assert "| all sentences | 1000 | 87.65 | 91.20 |" in text
    assert "| corpus embedded-unseen | 500 | 80.00 | 85.00 |" in text
    assert "Blessed, compared with version 3." in text
    assert "- BLEU 87.65 is at least 20" in text
    assert "| train | 18500 |" in text
    assert "nrefs:1|case:mixed" in text
    assert "| tensorflow | 2.16.2 |" in text


def test_a_bar_in_a_name_does_not_tear_the_table() -> None:
    hostile = card().model_copy(
        update={"slices": (card().overall.model_copy(update={"feature": "a|b", "value": "c\nd"}),)}
    )
    assert "| a\\|b c d | 1000 |" in markdown(hostile)


def test_it_says_how_pieces_are_carried_and_what_a_score_means() -> None:
    protection = ProtectedPieces(pieces=2, sentences=200, kept=0.94)
    confidence = Confidence(
        good_chrf=60, sentences=1000, good=0.5, slope=2, offset=2, error=0.031,
        reliability=(Bin(confidence=0.4, good=0.5, sentences=1000),),
    )  # fmt: skip
    text = markdown(card().model_copy(update={"protected_pieces": protection, "confidence": confidence}))
    assert "Has 2 protected pieces, kept in 94% of 200 dev sentences." in text
    assert "chance of a chrF of 60 or more (50% of 1000 dev sentences), 3.1 points off in the mean." in text


def test_it_says_what_is_optional_and_which_head_links_are_read_from() -> None:
    head = AligningHead(layer=1, head=0, by="aligner")
    text = markdown(card().model_copy(update={"optional_signatures": ("align",), "aligning_head": head}))
    assert "Also answers `align`." in text
    assert "`align` goes by head 0 of layer 1 (closest to an aligner on dev pairs)." in text
    assert "goes by" not in markdown(card())
