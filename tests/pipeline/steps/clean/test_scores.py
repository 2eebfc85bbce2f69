"""Scores worked out by hand."""

import pytest

from pipeline.steps.clean.lengths import weight, words
from pipeline.steps.clean.scores import score
from pipeline.steps.clean.scripts import script_share


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
    scores = score("A red house", "Ein rotes Haus 7", "en", "de")
    nothing = (None, None, None, None)
    assert scores == (3, 4, 11, 16, 5, 16, 16 / 11, False, 1.0, 1.0, False, nothing)


def test_empty_side() -> None:
    scores = score("", "x", "en", "de")
    assert (scores.source_words, scores.length_ratio) == (0, float("inf"))
    assert score("", "", "en", "de").longest_word == 0
