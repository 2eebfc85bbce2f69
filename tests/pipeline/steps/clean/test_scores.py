"""Scores worked out by hand."""

import pytest

from pipeline.config.cleaning import SCORES
from pipeline.steps.clean.measures.lengths import weight, words
from pipeline.steps.clean.measures.scripts import script_share
from pipeline.steps.clean.scores.base import TextPair


@pytest.mark.parametrize(
    ("text", "count", "length"),
    [
        ("", 0, 0),
        ("Two words", 2, 9),
        ("zwölf Wörter", 2, 12),
        ("我喜欢你。", 5, 13),  # four ideographs and a full stop
        ("Tom喜欢 tea", 4, 13),
        ("ねこ", 2, 4),
        ("고양이", 1, 6),
    ],
)
def test_words_and_weight(text: str, count: int, length: int) -> None:
    assert len(words(text)) == count
    assert weight(text) == length


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("en", "plain", 1.0),
        ("de", "Grüße, 123!", 1.0),
        ("en", "привет", 0.0),
        ("en", "ab вг", 0.5),
        ("zh", "Tom游泳。", 6 / 9),
        ("zh", "123 🙂", 1.0),
        ("zh", "hello", 0.0),
        ("ja", "東京へ", 1.0),
    ],
)
def test_script_share(language: str, text: str, share: float) -> None:
    assert script_share(language)(text) == pytest.approx(share)


def test_scores_of_a_pair() -> None:
    pair = TextPair("A red house", "Ein rotes Haus 7", "en", "de")
    assert (len(pair.source_words), len(pair.target_words), pair.weights) == (3, 4, (11, 16))
    assert pair.foreign == (None, None, None, None)
    scores = {name: SCORES.module(name).SCORE.measure(pair) for name in SCORES.names()}
    assert scores == {
        "drop-identical": (0.0,),
        "drop-other-language": (0.0, 0.0),
        "match-numbers": (0.0,),
        "max-length-ratio": (16 / 11,),
        "max-word-characters": (5,),
        "max-words": (4,),
        "min-script-share": (1.0, 1.0),
    }


def test_empty_side() -> None:
    scores = {name: SCORES.module(name).SCORE for name in SCORES.names()}
    empty, both = TextPair("", "x" * 10, "en", "de"), TextPair("", "", "en", "de")
    assert empty.source_words == []
    assert scores["max-length-ratio"].measure(empty) == (float("inf"),)
    assert scores["max-word-characters"].measure(both) == (0,)
