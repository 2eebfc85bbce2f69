"""Each rule at its threshold, and switched off; a score that is added."""

from __future__ import annotations

from pathlib import Path

import pytest
from apache_beam.internal import pickler
from pydantic import ValidationError

from contracts.kinds import FOLDERS, KindError, add_folders
from pipeline.config import CleaningConfig, Languages
from pipeline.config.load import parse
from pipeline.errors import ConfigurationError
from pipeline.steps.clean.executor import CleanPlan, CleanShard
from pipeline.steps.clean.rules import active_rules, first_reasons
from texts.cleaning.measures.foreign import ForeignText
from texts.cleaning.scores import SCORES
from texts.cleaning.scores.base import TextBatch, TextPair

NOTHING = ForeignText(None, None, None, None)
OFF = CleaningConfig(
    max_words=None,
    max_word_characters=None,
    max_length_ratio=None,
    drop_identical=False,
    min_script_share=None,
    match_numbers=False,
    drop_other_language=False,
)
FRENCH = NOTHING._replace(source_language="fr")


def pair(source: str, target: str, foreign: ForeignText = NOTHING, target_language: str = "de") -> TextPair:
    made = TextPair(source, target, "en", target_language)
    made.__dict__["foreign"] = foreign  # as if it had been looked at
    return made


def reason(config: CleaningConfig, texts: TextPair) -> str | None:
    batch = TextBatch.of(texts)
    batch.__dict__["foreign"] = {0: texts.foreign}
    (said,) = first_reasons(batch, active_rules(config))
    return said


@pytest.mark.parametrize(
    ("at_threshold", "beyond", "said"),
    [
        (pair("a " * 150, "b " * 150), pair("a " * 151, "b " * 150), "too many words"),
        (pair("a " * 150, "b " * 150), pair("a " * 150, "b " * 151), "too many words"),
        (pair("a" * 150, "b" * 100), pair("a" * 151, "b" * 100), "word too long"),
        (pair("a" * 40, "b" * 10), pair("a" * 41, "b" * 10), "length ratio"),
        (pair("a" * 9, "b"), pair("a" * 10, "b"), "length ratio"),
        (pair("one", "ones"), pair("one", "one"), "identical sides"),
        (pair("ab вг", "xy"), pair("a вг", "xy"), "source in another script"),
        (pair("xy", "ab вг"), pair("xy", "a вг"), "target in another script"),
        (pair("at 5", "um 5"), pair("at 5", "um 6"), "numbers differ"),
        (
            pair("a b c d e", "x y z", FRENCH),
            pair("a b c d e f", "x y z", FRENCH),
            "source in another language",
        ),
        (
            pair("x y z", "a b c d e f"),
            pair("x y z", "a b c d e f", NOTHING._replace(target_language="fr")),
            "target in another language",
        ),
    ],
)
def test_threshold(at_threshold: TextPair, beyond: TextPair, said: str) -> None:
    assert reason(CleaningConfig(), at_threshold) is None
    assert reason(CleaningConfig(), beyond) == said
    assert reason(OFF, beyond) is None


def test_blank_is_always_rejected() -> None:
    assert reason(OFF, pair("", "x")) == "nothing visible"
    assert reason(OFF, pair("x", "")) == "nothing visible"


def test_the_defaults_of_the_section_are_those_of_the_scores() -> None:
    config = CleaningConfig()
    for name in SCORES.names():
        given = getattr(config, name.replace("-", "_"))
        assert given is True or given == SCORES.module(name).SCORE.threshold


SCORE = """
from texts.cleaning.scores.base import Score


class Shouting(Score):
    reasons = ("shouted source",)
    threshold = 0.5

    def measure(self, pair):
        letters = [letter for letter in pair.source if letter.isalpha()]
        return (sum(map(str.isupper, letters)) / len(letters) if letters else None,)


SCORE = Shouting()
"""


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "cleaning_scores").mkdir()
    (tmp_path / "cleaning_scores" / "max_capitals.py").write_text(SCORE)
    add_folders([tmp_path])


@pytest.mark.usefixtures("added")
def test_a_score_that_is_added_is_a_key_of_the_section() -> None:
    loud, less = pair("HALT now", "x"), pair("Halt NOw", "x")
    for config, rejected in (
        (CleaningConfig.model_validate({"max_capitals": True}), (True, False)),
        (CleaningConfig.model_validate({"max_capitals": 0.3}), (True, True)),
        (CleaningConfig.model_validate({"max_capitals": None}), (False, False)),
        (CleaningConfig(), (False, False)),
    ):
        reasons = [reason(config, texts) for texts in (loud, less)]
        assert reasons == ["shouted source" if shouted else None for shouted in rejected]
        assert CleaningConfig.model_validate_json(config.model_dump_json()) == config
    assert "scores" not in CleaningConfig().model_dump()


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("given", [{"max_capital": 1}, {"scores": {"max_capital": 1}}])
def test_a_key_that_no_score_has_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"max_capital"):
        CleaningConfig.model_validate(given)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    "given",
    [
        {"max_capitals": 1, "max-capitals": 2},
        {"scores": {"max_capitals": 1, "max-capitals": 2}},
        {"max_capitals": 1, "scores": {"max-capitals": 2}},
        {"max_capitals": 1, "scores": {"max_capitals": 2}},
    ],
)
def test_a_score_is_given_once(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="keep one"):
        CleaningConfig.model_validate(given)


@pytest.mark.usefixtures("added")
def test_a_typo_of_a_score_that_was_added_is_told_with_that() -> None:
    with pytest.raises(
        ConfigurationError, match=r"cleaning\.max_capital: unknown; did you mean max_capitals"
    ):
        parse(
            "{name: a, languages: {source: en, target: de}, corpora: [embedded], cleaning: {max_capital: 1}}"
        )


@pytest.mark.parametrize(
    "given",
    [
        {"match-numbers": False},
        {"max-words": 5},
        {"scores": {"max_words": None}},
        {"scores": None, "max-words": 1},
    ],
)
def test_a_key_of_the_section_in_another_spelling_is_no_score_that_was_added(
    given: dict[str, object],
) -> None:
    with pytest.raises(ValidationError, match=r"match-numbers|max-words|is a key of its own"):
        CleaningConfig.model_validate(given)


@pytest.mark.usefixtures("added")
def test_a_worker_that_was_started_without_the_users_folder_looks_into_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CleaningConfig.model_validate({"max_capitals": True})
    sent = pickler.dumps(
        CleanShard(CleanPlan(languages=Languages(source="en", target="de"), cleaning=config))
    )
    monkeypatch.setenv(FOLDERS, "")
    pickler.loads(sent).setup()
    assert active_rules(config)


@pytest.mark.usefixtures("added")
def test_a_machine_without_the_users_folder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CleaningConfig.model_validate({"max_capitals": True})
    monkeypatch.setenv(FOLDERS, "")
    with pytest.raises(KindError, match="there is no cleaning score `max-capitals`"):
        active_rules(config)
