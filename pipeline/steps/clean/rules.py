"""Accepts or rejects a pair by its scores and the thresholds of the configuration."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.kinds import KindError
from pipeline.config import CleaningConfig
from texts.cleaning.scores import SCORES
from texts.cleaning.scores.base import Score, TextBatch


class CleaningReason(str, enum.Enum):
    """Why cleaning rejects a pair, beside what scores say. The values appear in `cleaning.json`."""

    EMPTY = "nothing visible"
    LEAK = "source also in dev or test"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Rule:
    """A score and its threshold."""

    name: str
    score: Score
    threshold: float

    def beyond(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        """Which of their numbers reject pairs: bool [N, R], of the N that are asked for (bool [N])."""
        with SCORES.running(self.name):
            numbers = self.score.measure_all(batch, asked)
        beyond: np.ndarray = (
            numbers > self.threshold if self.score.rejects == "above" else numbers < self.threshold
        )
        return beyond & asked[:, None]


def active_rules(config: CleaningConfig) -> list[Rule]:
    """The rules that are switched on, in the order in which they are asked: those of the project, as the
    section has them, then those that were added.

    Raises:
        KindError: a file of a score cannot be loaded, or holds none.
    """
    return [_rule(name, given) for name, given in _given(config)]


def _rule(name: str, given: float) -> Rule:
    score = getattr(SCORES.module(name), "SCORE", None)
    if isinstance(score, type):
        raise KindError(
            f"the cleaning score `{name}` ({SCORES.file(name)}) has a class as `SCORE`: write "
            f"`SCORE = {score.__name__}()`"
        )
    if not isinstance(score, Score) or not hasattr(score, "reasons"):
        raise KindError(
            f"the cleaning score `{name}` ({SCORES.file(name)}) should hold one as `SCORE`, of a class "
            "derived from Score that has `reasons`"
        )
    if not isinstance(score.reasons, tuple) or score.rejects not in ("above", "below"):
        raise KindError(
            f"the cleaning score `{name}` ({SCORES.file(name)}) should say `reasons`, a tuple as "
            '`("too many words",)`, and `rejects`, "above" or "below"'
        )
    if type(score).measure is Score.measure and type(score).measure_all is Score.measure_all:
        raise KindError(
            f"the cleaning score `{name}` ({SCORES.file(name)}) measures nothing: give it `measure`, for a "
            "pair, or `measure_all`, for many"
        )
    if given is not True:
        return Rule(name, score, float(given))
    if not hasattr(score, "threshold"):
        raise KindError(
            f"the cleaning score `{name}` has no `threshold` of its own, which `true` asks for: give a number"
        )
    return Rule(name, score, score.threshold)


def try_added(config: CleaningConfig) -> None:
    """Measure a pair by the scores that were added, so that what fails at once does so before a run.

    Raises:
        KindError: as `active_rules`, or a score cannot measure it.
    """
    added = {name.replace("_", "-") for name in config.scores}
    batch = TextBatch(["A small house."], ["Ein kleines Haus."], ["en"], ["de"])
    for rule in active_rules(config):
        if rule.name in added:
            rule.beyond(batch, np.ones(1, bool))


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


def first_reasons(batch: TextBatch, rules: Sequence[Rule]) -> list[str | None]:
    """Why each pair is rejected, or None."""
    asked = (batch.source.words > 0) & (batch.target.words > 0)
    reasons = [None if visible else CleaningReason.EMPTY.value for visible in asked.tolist()]
    for rule in rules:
        beyond = rule.beyond(batch, asked)
        for row in np.flatnonzero(beyond.any(axis=1)).tolist():
            reasons[row] = rule.score.reasons[beyond[row].argmax()]
            asked[row] = False
    return reasons
