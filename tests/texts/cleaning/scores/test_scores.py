"""Scores of a pair, worked out by hand."""

from texts.cleaning.scores import SCORES
from texts.cleaning.scores.base import TextPair


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
