"""Several directions in a run's configuration, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.settings import effective_json
from pipeline.config import RunConfig, targets_of
from pipeline.config.load import parse
from pipeline.errors import ConfigurationError
from pipeline.recipes.base import run_steps
from pipeline.workspace.workspace import Workspace

BOTH = {"trained": ["de-en", "en-de"]}


def corpus(source: str = "", target: str = "", **keys: Any) -> dict[str, Any]:
    """Line-aligned files named by their languages."""
    name = f"{source}{target}" or "own"
    files = {"source": f"{name}.s", "target": f"{name}.t"}
    splits = dict.fromkeys(("train", "dev", "test"), files)
    languages = {"languages": {"source": source, "target": target}} if source else {}
    return {"name": name, "format": "pairs", **splits, **languages, **keys}


def config(directions: dict[str, Any] | None, *corpora: dict[str, Any], **sections: Any) -> RunConfig:
    values = {
        "name": "m",
        "languages": {"source": "en", "target": "de"},
        "corpora": [*(corpora or [corpus()])],
        **({"directions": directions} if directions else {}),
        **sections,
    }
    return parse(json.dumps(values))


def test_the_direction_of_languages_is_the_first_and_its_target_the_default() -> None:
    directions = config(BOTH).several_directions
    assert [direction.name for direction in directions] == ["en-de", "de-en"]
    assert targets_of(directions) == ("de", "en")


def test_codes_with_hyphens_are_told_by_the_languages_that_there_are() -> None:
    made = config({"trained": ["en-de", "en-pt-BR", "zh-Hans-en"]}, corpus(), corpus("en", "pt-BR"),
                  corpus("en", "zh-Hans"))  # fmt: skip
    assert [
        (direction.source_language, direction.target_language) for direction in made.several_directions
    ] == [
        ("en", "de"),
        ("en", "pt-BR"),
        ("zh-Hans", "en"),
    ]


def test_a_zero_shot_direction_is_one_of_them() -> None:
    made = config(
        {"trained": ["en-de", "de-en", "en-fr"], "zero_shot": ["de-fr"]},
        *(corpus(), corpus("en", "fr"), corpus("fr", "de", train=None, dev=None)),
    )
    last = made.several_directions[-1]
    assert (last.name, last.zero_shot) == ("de-fr", True)


@pytest.mark.parametrize(
    ("directions", "sections", "message"),
    [
        ({"trained": ["en-de"]}, {}, "at least 2"),
        ({"trained": ["en-de", "de-fr"]}, {}, "de-fr, which is no SOURCE-TARGET of the languages de, en"),
        ({"trained": ["en-de", "deen"]}, {}, "deen, which is no SOURCE-TARGET"),
        ({"trained": ["en-de", "de-en", "en-de"]}, {}, "en-de twice"),
        ({"trained": ["en-de", "de-en"], "zero_shot": ["de-en"]}, {}, "de-en twice"),
        ({"trained": ["en-de", "de-de"]}, {}, "translates nothing"),
        ({"trained": ["en-de", "de-en"], "temperature": 0.5}, {}, "greater than or equal to 1"),
        (BOTH, {"evaluation": {"directions": {"en-fr": {}}}}, "en-fr, which is no trained direction: en-de"),
        (None, {"evaluation": {"directions": {"en-de": {}}}}, "has only that of `languages`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(directions: Any, sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        config(directions, **sections)


@pytest.mark.parametrize(
    ("directions", "corpora", "message"),
    [
        ({"trained": ["en-fr", "fr-en"]}, [corpus("en", "fr")], "no en-de, the direction of `languages`"),
        (BOTH, [corpus(), corpus("en", "fr")], "corpus `enfr` is en-fr, and no direction uses it"),
        ({"trained": ["en-de", "de-fr"]}, [corpus(), corpus("en", "fr")], "corpus `enfr` is en-fr, and no"),
        (BOTH, [corpus(test=None)], "for which there is no corpus with a test split"),
        (
            {"trained": ["en-de", "de-en"], "zero_shot": ["de-fr"]},
            [corpus(), corpus("de", "fr")],
            "zero_shot names de-fr, and no trained direction translates into fr",
        ),
        (
            {"trained": ["en-de", "de-en"], "zero_shot": ["fr-de"]},
            [corpus(), corpus("de", "fr")],
            "zero_shot names fr-de, and no trained direction translates from fr",
        ),
        (None, [corpus("en", "fr")], "has languages of its own, and the run has one direction"),
        (BOTH, [corpus("xx", "de")], "no language has this code"),
    ],
)
def test_directions_and_corpora_fit_each_other(directions: Any, corpora: list[Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        config(directions, *corpora)


@pytest.mark.parametrize(
    ("trained", "pairs", "tokenize"),
    [
        (["en-de", "de-en"], [], "13a"),
        (["en-de", "en-zh"], [("en", "zh")], "zh"),
        (["en-de", "en-zh", "en-ja"], [("en", "zh"), ("en", "ja")], "char"),
        (["en-de", "zh-en"], [("en", "zh")], "13a"),
    ],
)
def test_one_tokenizer_suits_all_targets(trained: list[str], pairs: list[Any], tokenize: str) -> None:
    made = config({"trained": trained}, corpus(), *(corpus(*pair) for pair in pairs))
    assert made.evaluation.tokenize == tokenize


def test_sections_of_a_step_are_checked_with_the_directions() -> None:
    made = config(BOTH, steps={"evaluate": {"evaluation": {"directions": {"de-en": {"bleu_floor": 1}}}}})
    evaluate = next(
        run_step for run_step in run_steps(made, Workspace.of(made)) if run_step.use.key == "evaluate"
    )
    assert evaluate.run.config.evaluation.directions["de-en"].bleu_floor == 1
    assert evaluate.run.config.evaluation.tokenize == "13a"


def test_a_run_of_one_direction_says_nothing_of_them() -> None:
    made = config(None)
    shown = made.shown()
    assert "directions" not in {*shown, *shown["evaluation"]}
    assert "languages" not in shown["corpora"][0]
    assert "directions" not in effective_json(made)
    assert made.several_directions == ()
    assert RunConfig.model_validate(config(BOTH).model_dump()) == config(BOTH)
