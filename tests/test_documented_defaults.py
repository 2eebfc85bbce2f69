"""What docs/configuration.md says of defaults is what holds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.config.cleaning import CleaningConfig
from scripts.configuration import sections
from texts.cleaning.scores import SCORES

FILES = {"source": "a.en", "target": "a.de"}
REQUIRED: dict[str, dict[str, Any]] = {
    "RunConfig": {
        "name": "a",
        "languages": {"source": "en", "target": "de"},
        "corpora": [{"format": "embedded"}],
    },
    "Languages": {"source": "en", "target": "de"},
    "DirectionsConfig": {"trained": ["en-de", "de-en"]},
    "SideLanguages": {"source": "en", "target": "de"},
    "PairFiles": FILES,
    "PairsCorpus": {"name": "a", "format": "pairs", "train": FILES},
    "FileCorpus": {"name": "a", "format": "tsv", "train": "a.tsv"},
    "EmbeddedCorpus": {"format": "embedded"},
    **{
        f"{format_}Corpus": {"name": "a", "train": "a"}
        for format_ in ("Csv", "Moses", "Po", "Tmx", "Tsv", "Xliff")
    },
    "JsonlCorpus": {"name": "a", "train": "a", "source_field": "en", "target_field": "de"},
    "EnsembleConfig": {"models": ["a"]},
    "ShortlistConfig": {"text": "a.txt"},
    "ForcedPrefixConfig": {"text": "a"},
    "MinimumLengthConfig": {"pieces": 2},
    "NoRepeatNgramConfig": {"size": 2},
    "NotifyConfig": {"url": "https://example.org"},
}
"""What a section has to be given at least."""


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_a_section_that_is_given_nothing_has_the_documented_values(section: type[BaseModel]) -> None:
    given = REQUIRED.get(section.__name__, {})
    made = section.model_validate(given)
    documented = {
        name: field.get_default(call_default_factory=True)
        for name, field in section.model_fields.items()
        if name not in given
    }
    assert PydanticUndefined not in documented.values()
    assert {name: getattr(made, name) for name in documented} == documented


def test_a_score_rejects_where_the_section_says() -> None:
    section = CleaningConfig()
    thresholds = {name: SCORES.module(name).SCORE.threshold for name in SCORES.names()}
    for name, threshold in thresholds.items():
        given = getattr(section, name.replace("-", "_"))
        # A key that switches a score on has the score's own threshold.
        assert given is True or given == threshold, name
