"""Pairs scored many at once, against the same scored one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import CleaningConfig
from pipeline.steps.clean.rules import CleaningReason, Rule, active_rules, first_reasons
from tests.examples import examples
from tests.hostile import hostile_strings
from texts.cleaning.measures.numbers import numbers_differ
from texts.cleaning.measures.scripts import script_share
from texts.cleaning.scores import SCORES
from texts.cleaning.scores.base import Score, TextBatch, TextPair

Numbers = tuple[float | None, ...]


def _ratio(pair: TextPair) -> Numbers:
    shorter, longer = pair.weights
    if longer < 10:
        return (None,)
    return (longer / shorter if shorter else float("inf"),)


def _other_language(pair: TextPair) -> Numbers:
    sides = (
        (pair.foreign.source_language, pair.source_words),
        (pair.foreign.target_language, pair.target_words),
    )
    return tuple(float(language is not None and len(words) >= 6) for language, words in sides)


ONE_BY_ONE: dict[str, Callable[[TextPair], Numbers]] = {
    "drop-identical": lambda pair: (float(pair.source == pair.target),),
    "drop-other-language": _other_language,
    "match-numbers": lambda pair: (float(numbers_differ(pair.source, pair.target)),),
    "max-length-ratio": _ratio,
    "max-word-characters": lambda pair: (max(map(len, pair.source_words + pair.target_words), default=0),),
    "max-words": lambda pair: (max(len(pair.source_words), len(pair.target_words)),),
    "min-script-share": lambda pair: (
        script_share(pair.source_language)(pair.source),
        script_share(pair.target_language)(pair.target),
    ),
}
SENTENCES = (
    "The small dog sleeps on the sofa of my brother.",
    "Der kleine Hund schläft um 17 Uhr auf dem Sofa meines Bruders.",
    "Le petit chien dort sur le canapé à 5 p.m. chez mon frère.",
    "那只小狗下午三点在我哥哥的沙发上睡觉。",
    "привет мир",
    "2019, 300",
    "word " * 151,
    "",
)
TEXT = st.one_of(
    st.sampled_from(SENTENCES),
    st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" aä17我の,.")), max_size=40),
)
PAIRS = st.lists(st.tuples(TEXT, TEXT, st.sampled_from(("de", "fr", "zh"))), min_size=1, max_size=6)


SCORED = {name: SCORES.module(name).SCORE for name in SCORES.names()}
RULES = active_rules(CleaningConfig())
ORDER = [name for key in CleaningConfig.model_fields if (name := key.replace("_", "-")) in ONE_BY_ONE]
"""The scores as the section has them."""


def batch_of(pairs: list[tuple[str, str, str]]) -> TextBatch:
    sources, targets, languages = map(list, zip(*pairs, strict=True))
    return TextBatch(sources, targets, ["en"] * len(pairs), languages)


def check(batch: TextBatch) -> None:
    everything = np.ones(len(batch), bool)
    assert set(ONE_BY_ONE) == set(SCORED)
    for name, measure in ONE_BY_ONE.items():
        measured = SCORED[name].measure_all(batch, everything).tolist()
        expected = [
            [np.nan if number is None else number for number in measure(pair)] for pair in batch.pairs
        ]
        assert np.array_equal(measured, expected, equal_nan=True), name
        assert SCORED[name].measure(batch.pairs[0]) == measure(batch.pairs[0])
    foreign = {row: pair.foreign for row, pair in enumerate(batch.pairs) if any(pair.foreign)}
    assert batch.foreign == foreign
    assert list(batch.foreign) == list(foreign)
    assert first_reasons(batch, RULES) == list(map(_first_reason, batch.pairs))


def _first_reason(pair: TextPair) -> str | None:
    if not (pair.source_words and pair.target_words):
        return CleaningReason.EMPTY.value
    for rule, name in zip(RULES, ORDER, strict=True):
        for number, reason in zip(ONE_BY_ONE[name](pair), rule.score.reasons, strict=True):
            below = rule.score.rejects == "below"
            if number is not None and (number < rule.threshold if below else number > rule.threshold):
                return reason
    return None


@examples(40)
@given(PAIRS)
def test_many_pairs_are_scored_as_one_is(pairs: list[tuple[str, str, str]]) -> None:
    check(batch_of(pairs))


def test_hostile_pairs_are_scored_as_one_is() -> None:
    sources, targets = hostile_strings(300, seed=7), hostile_strings(300, seed=8)
    check(batch_of([(*sides, "de") for sides in zip(sources, targets, strict=True)]))


class _Short(Score):
    """Has the form for a single pair only."""

    reasons = ("short source", "short target")
    threshold = 3
    rejects = "below"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def measure(self, pair: TextPair) -> Numbers:
        self.asked.append(pair.source)
        return None if pair.source == "-" else len(pair.source), len(pair.target)


def test_a_score_of_single_pairs_is_asked_of_those_that_no_other_has_rejected() -> None:
    score = _Short()
    rules = [Rule("drop-identical", SCORED["drop-identical"], 0), Rule("added", score, 3)]
    sides = [("abc", "abc"), ("ab", "abc"), ("-", "abc"), ("", "abc"), ("abcd", "a"), ("abcd", "abc")]
    batch = batch_of([(*pair, "de") for pair in sides])
    assert first_reasons(batch, rules) == [
        "identical sides",
        "short source",
        None,
        "nothing visible",
        "short target",
        None,
    ]
    assert score.asked == ["ab", "-", "abcd", "abcd"]


def test_languages_are_told_only_where_somebody_asks() -> None:
    french = "Le petit chien dort sur le canapé chez mon frère."
    columns = [french], ["привет мир, как дела?"], ["en"], ["de"]
    (asked,) = TextBatch(*columns).foreign.values()
    (unasked,) = TextBatch(*columns, identify=False).foreign.values()
    assert asked.source_language == "fr"
    assert unasked == asked._replace(source_language=None, target_language=None)
    assert unasked.target_script == "Cyrl"
