"""Accepts or rejects a pair by its scores and the thresholds of the configuration."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.kinds import KindError
from pipeline.config import CleaningConfig
from pipeline.config.cleaning import SCORES
from pipeline.steps.clean.scores.base import Score, TextPair


class CleaningReason(str, enum.Enum):
    """Why cleaning rejects a pair, beside what scores say. The values appear in `cleaning.json`."""

    EMPTY = "nothing visible"
    LEAK = "source also in dev or test"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Rule:
    """A score and its threshold."""

    score: Score
    threshold: float

    def reason(self, pair: TextPair) -> str | None:
        """Why the pair is rejected, or None."""
        for number, reason in zip(self.score.measure(pair), self.score.reasons, strict=True):
            if number is not None and self._is_beyond(number):
                return reason
        return None

    def _is_beyond(self, number: float) -> bool:
        return number > self.threshold if self.score.rejects == "above" else number < self.threshold


def active_rules(config: CleaningConfig) -> list[Rule]:
    """The rules that are switched on, in the order in which they are asked: those of the project, as the
    section has them, then those that were added.

    Raises:
        KindError: a file of a score cannot be loaded, or holds none.
    """
    return [_rule(name, given) for name, given in _given(config)]


def _rule(name: str, given: float) -> Rule:
    score = getattr(SCORES.module(name), "SCORE", None)
    if not isinstance(score, Score) or not hasattr(score, "reasons"):
        raise KindError(
            f"the cleaning score `{name}` ({SCORES.file(name)}) should hold one as `SCORE`, of a class "
            "derived from Score that has `reasons`"
        )
    if given is not True:
        return Rule(score, float(given))
    if not hasattr(score, "threshold"):
        raise KindError(
            f"the cleaning score `{name}` has no `threshold` of its own, which `true` asks for: give a number"
        )
    return Rule(score, score.threshold)


def active_names(config: CleaningConfig) -> list[str]:
    """The names of their scores, whose code the Cleaner runs."""
    return [name for name, _ in _given(config)]


def _given(config: CleaningConfig) -> Iterator[tuple[str, float]]:
    """The scores that are switched on; `false` and null switch one off.

    Raises:
        KindError: one that was added is not here, as on a machine without the user's folder.
    """
    known = set(SCORES.names())
    for name in config.scores:
        SCORES.file(name.replace("_", "-"))
    keys = ((key, getattr(config, key)) for key in CleaningConfig.model_fields if key != "scores")
    for key, given in (*keys, *config.scores.items()):
        name = key.replace("_", "-")
        if name in known and given is not None and given is not False:
            yield name, given


def first_reason(pair: TextPair, rules: Sequence[Rule]) -> str | None:
    """Why the pair is rejected, or None."""
    if not (pair.source_words and pair.target_words):
        return CleaningReason.EMPTY.value
    return next((reason for rule in rules if (reason := rule.reason(pair))), None)
