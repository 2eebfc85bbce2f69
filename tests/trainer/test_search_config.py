"""Heads and constraints as the configuration names them; a YAML from before there were any means the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from trainer.config import SearchConfig

BEFORE = {
    "beams": 4,
    "length_penalty": 0.6,
    "coverage_penalty": 0.0,
    "max_source_length": 256,
    "max_target_ratio": 2.0,
    "max_target_length": 256,
    "no_repeat_ngram": 0,
}


@pytest.mark.parametrize("given_", [{}, {"head": {"name": "full"}}, {"head": {}, "constraints": []}])
def test_who_names_nothing_has_the_full_softmax_and_the_keys_of_before(given_: dict[str, Any]) -> None:
    search = SearchConfig.model_validate(given_)
    assert search == SearchConfig()
    assert json.loads(search.model_dump_json()) == BEFORE
    assert search.head.name == "full"


def test_what_is_named_is_checked_by_its_own_class_and_comes_back_from_json() -> None:
    search = SearchConfig.model_validate(
        {
            "head": {"name": "ensemble", "models": ["a", "b"], "mean": "log-probabilities"},
            "constraints": [{"name": "minimum-length", "pieces": 3}, {"name": "forced-prefix", "text": "ja"}],
        }
    )
    assert [type(config).__name__ for config in (search.head, *search.constraints)] == [
        "EnsembleConfig",
        "MinimumLengthConfig",
        "ForcedPrefixConfig",
    ]
    again = SearchConfig.model_validate_json(search.model_dump_json())
    assert again == search
    assert json.loads(search.model_dump_json())["constraints"][0] == {"name": "minimum-length", "pieces": 3}


def test_diverse_groups_are_written_where_they_are_said() -> None:
    search = SearchConfig(beams=4, diverse_groups=2)
    assert json.loads(search.model_dump_json()) == {**BEFORE, "diverse_groups": 2}
    assert SearchConfig.model_validate_json(search.model_dump_json()) == search


def test_patience_is_for_a_beam() -> None:
    assert json.loads(SearchConfig(patience=1).model_dump_json()) == {**BEFORE, "patience": 1.0}
    with pytest.raises(ValidationError, match="patience counts the hypotheses of a beam"):
        SearchConfig(beams=1, patience=1)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"head": {"name": "shortlis"}}, "there is no search head `shortlis`: did you mean `shortlist`"),
        ({"head": {"name": "shortlist"}}, "head.text\n  Field required"),
        ({"head": {"name": "ensemble", "models": []}}, "head.models\n"),
        ({"constraints": [{"name": "minimum-length", "pieces": 0}]}, "constraints.0.pieces\n"),
        ({"constraints": [{"name": "no-repeat-ngram", "size": 2, "n": 2}]}, "constraints.0.n\n"),
        ({"constraints": [{}]}, "missing; one of forced-prefix, minimum-length, no-repeat-ngram"),
        ({"beams": 4, "diverse_groups": 3}, "beams 4 do not make 3 groups of the same size"),
    ],
)
def test_what_is_wrong_with_a_name_or_its_settings_is_said(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        SearchConfig.model_validate(given_)
    assert said in str(error.value)


def test_a_configuration_with_heads_and_constraints_is_read_without_tensorflow() -> None:
    code = (
        "import sys; sys.modules.update(tensorflow=None, keras=None)\n"
        "from trainer.config import SearchConfig\n"
        "SearchConfig(head={'name': 'shortlist', 'text': 'a'}, constraints=[{'name': 'forced-prefix', "
        "'text': 'a'}, {'name': 'no-repeat-ngram', 'size': 2}, {'name': 'minimum-length', 'pieces': 1}])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
