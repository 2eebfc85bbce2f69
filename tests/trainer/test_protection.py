"""What is counted of protected pieces that a model is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import RecordError
from contracts.protection import PROTECTION_FILE, ProtectedPieces
from contracts.vocabulary import protected_pieces
from trainer.protection import measure_protection


def test_sentences_are_asked_with_pieces_in_the_place_of_words() -> None:
    asked: list[str] = []

    def copied(sources: list[str]) -> list[str]:
        asked.extend(sources)
        return list(sources)

    protection = measure_protection(copied, ["The dog sleeps.", "One, two.", "...", ""], pieces=2, seed=1)
    assert protection == ProtectedPieces(pieces=2, sentences=2, kept=1.0)
    assert [text.count("⟦") for text in asked] == [1, 2, 0, 0]
    assert asked[1].endswith(("⟦0⟧.", "⟦1⟧."))


@pytest.mark.parametrize(("answer", "kept"), [("", 0.0), ("{0}", 1.0), ("{0} {0}", 0.0), ("{0} x", 1.0)])
def test_a_sentence_counts_whose_pieces_are_each_there_once(answer: str, kept: float) -> None:
    protection = measure_protection(
        lambda sources: [answer.format(source) for source in sources], ["word"] * 3, pieces=1, seed=1
    )
    assert protection.kept == kept
    assert protection.carried == (("⟦0⟧",) if kept else ())


def test_half_of_the_sentences_are_enough(tmp_path: Path) -> None:
    protection = ProtectedPieces(pieces=2, sentences=200, kept=0.5)
    assert protection.carried == protected_pieces(2)
    assert ProtectedPieces(pieces=2, sentences=200, kept=0.495).carried == ()
    assert ProtectedPieces.of(tmp_path) is None
    protection.save(tmp_path)
    assert ProtectedPieces.of(tmp_path) == protection
    (tmp_path / PROTECTION_FILE).write_text("{}")
    with pytest.raises(RecordError, match="another version"):
        ProtectedPieces.of(tmp_path)
