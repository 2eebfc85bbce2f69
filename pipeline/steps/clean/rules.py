"""Accepts or rejects a pair by its scores and the thresholds of the configuration."""

from __future__ import annotations

import enum
from collections.abc import Callable

from pipeline.config import CleaningConfig
from pipeline.steps.clean.scores import Scores

# Below, one word more or less is a large ratio: "Hi." against "Guten Tag."
_RATIO_FROM_CHARACTERS = 10
# Below, it may be a name, a title or a quotation.
_LANGUAGE_FROM_WORDS = 6


class Reason(str, enum.Enum):
    """Why cleaning rejects a pair. The values appear in `cleaning.json`."""

    EMPTY = "nothing visible"
    WORDS = "too many words"
    WORD_CHARACTERS = "word too long"
    LENGTH_RATIO = "length ratio"
    IDENTICAL = "identical sides"
    SOURCE_SCRIPT = "source in another script"
    TARGET_SCRIPT = "target in another script"
    SOURCE_LANGUAGE = "source in another language"
    TARGET_LANGUAGE = "target in another language"
    NUMBERS = "numbers differ"
    LEAK = "source also in dev or test"
    DUPLICATE = "duplicate"


Rule = Callable[[Scores], bool]


def _above(score: Callable[[Scores], float], threshold: float) -> Rule:
    return lambda scores: score(scores) > threshold


def _below(score: Callable[[Scores], float], threshold: float) -> Rule:
    return lambda scores: score(scores) < threshold


def _surely(language: str | None, words: int) -> bool:
    return language is not None and words >= _LANGUAGE_FROM_WORDS


def active_rules(config: CleaningConfig) -> list[tuple[Reason, Rule]]:
    """The rules that are switched on, in the order in which they are asked: the first that holds rejects the
    pair."""
    rules: list[tuple[Reason, Rule]] = [(Reason.EMPTY, lambda s: not (s.source_words and s.target_words))]
    if config.max_words is not None:
        rules.append((Reason.WORDS, _above(lambda s: max(s.source_words, s.target_words), config.max_words)))
    if config.max_word_characters is not None:
        rules.append((Reason.WORD_CHARACTERS, _above(lambda s: s.longest_word, config.max_word_characters)))
    if config.drop_identical:
        rules.append((Reason.IDENTICAL, lambda s: s.identical))
    if config.max_length_ratio is not None:
        too_far = _above(lambda s: s.length_ratio, config.max_length_ratio)
        rules.append(
            (Reason.LENGTH_RATIO, lambda s: s.longer_weight >= _RATIO_FROM_CHARACTERS and too_far(s))
        )
    if config.min_script_share is not None:
        rules.append((Reason.SOURCE_SCRIPT, _below(lambda s: s.source_script_share, config.min_script_share)))
        rules.append((Reason.TARGET_SCRIPT, _below(lambda s: s.target_script_share, config.min_script_share)))
    if config.drop_other_language:
        rules.append((Reason.SOURCE_LANGUAGE, lambda s: _surely(s.foreign.source_language, s.source_words)))
        rules.append((Reason.TARGET_LANGUAGE, lambda s: _surely(s.foreign.target_language, s.target_words)))
    if config.match_numbers:
        rules.append((Reason.NUMBERS, lambda s: s.numbers_differ))
    return rules


def first_reason(scores: Scores, rules: list[tuple[Reason, Rule]]) -> Reason | None:
    """Why the pair is rejected, or None."""
    return next((reason for reason, rejects in rules if rejects(scores)), None)
