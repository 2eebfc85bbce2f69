"""Long sentences: what is measured, and that engines which did other work are not compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.engines import Answer
from benchmarks.long_sentences import PIECES, Case, Models, as_report, as_row, long_sources
from benchmarks.peer import PeerSetting
from benchmarks.pieces import count
from benchmarks.rates import Rates
from benchmarks.translators import grammar_vocabulary
from trainer.models.transformer import TransformerConfig
from trainer.vocabulary import Vocabulary

CASE = Case(beams=4, batch=2, callers=1, sentences=2)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return grammar_vocabulary(400)


def _models(vocabulary: Vocabulary) -> Models:
    return Models(Path(), vocabulary, TransformerConfig(), Rates(100.0, 100.0, 100.0, 10.0))


def test_sources_are_joined_until_they_are_long(vocabulary: Vocabulary) -> None:
    sources = long_sources(vocabulary, 3)
    lengths = [count(vocabulary.source_model, [source]) for source in sources]
    assert len(set(sources)) == 3
    assert all(PIECES <= length < PIECES + 40 for length in lengths)


def test_the_ratio_is_that_of_seconds_in_the_same_turn(vocabulary: Vocabulary) -> None:
    ours = [Answer(seconds, ["a a", "b"], [seconds]) for seconds in (1.0, 2.0, 4.0)]
    theirs = [Answer(seconds, ["a a a", "b b"], [seconds]) for seconds in (0.5, 1.0, 8.0)]
    row = as_row(CASE, (ours, theirs), ["x", "y"], _models(vocabulary), PeerSetting())
    assert (row.ratio, row.same) == (0.5, 1.0)
    assert row.rates == (2 * PIECES / 2.0, 2 * PIECES / 1.0)
    page = as_report([row], {}, "a processor").markdown
    assert "| beam 4, batch 2; 1 caller | 100 | 200 | 0.50 |" in page


def test_engines_that_say_other_things_are_not_compared(vocabulary: Vocabulary) -> None:
    ours, theirs = ([Answer(1.0, texts, [1.0])] for texts in (["a", "b"], ["c", "d"]))
    with pytest.raises(ValueError, match="0% of the translations are the same"):
        as_row(CASE, (ours, theirs), ["x", "y"], _models(vocabulary), PeerSetting())
