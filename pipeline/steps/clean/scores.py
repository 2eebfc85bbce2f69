"""Named scores of a sentence pair. They judge nothing: `rules` does."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.steps.clean.foreign import Found, found
from pipeline.steps.clean.lengths import weight, words
from pipeline.steps.clean.numbers import numbers_differ
from pipeline.steps.clean.scripts import script_share


class Scores(NamedTuple):
    """What is measured; characters are Unicode code points."""

    source_words: int
    target_words: int
    source_characters: int
    target_characters: int
    longest_word: int
    longer_weight: int
    length_ratio: float
    identical: bool
    source_script_share: float
    target_script_share: float
    numbers_differ: bool
    foreign: Found


def score(source: str, target: str, source_language: str, target_language: str) -> Scores:
    """The scores of one pair; an empty side gives a ratio of infinity."""
    source_words, target_words = words(source), words(target)
    shorter, longer = sorted((weight(source), weight(target)))
    return Scores(
        source_words=len(source_words),
        target_words=len(target_words),
        source_characters=len(source),
        target_characters=len(target),
        longest_word=max(map(len, source_words + target_words), default=0),
        longer_weight=longer,
        length_ratio=longer / shorter if shorter else float("inf"),
        identical=source == target,
        source_script_share=script_share(source_language)(source),
        target_script_share=script_share(target_language)(target),
        foreign=found(source, target, source_language, target_language),
        numbers_differ=numbers_differ(source, target),
    )
