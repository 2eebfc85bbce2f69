"""The rows of the table of architectures: each is a configuration that holds, joined sentences lose nothing,
and the table says what was measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from benchmarks import architectures
from benchmarks.architecture_table import as_markdown
from benchmarks.architectures import join_to, merge

_ROWS = yaml.safe_load(Path(architectures.__file__).with_name("architectures.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", sorted(_ROWS.keys() - {"common"}))
def test_a_row_is_a_configuration_that_holds(row: str) -> None:
    from trainer.config import SearchConfig, TrainingConfig, VocabularyConfig
    from trainer.models.base import ArchitectureConfig

    settings = merge(_ROWS["common"], _ROWS[row])
    ArchitectureConfig.model_validate(settings["model"])
    TrainingConfig.model_validate(settings["training"])
    SearchConfig.model_validate(settings["search"])
    VocabularyConfig.model_validate(settings["vocabulary"])
    assert settings.keys() == _ROWS["common"].keys(), "a row sets a section that nobody reads"


def test_a_row_sets_what_it_names_and_nothing_else() -> None:
    merged = merge({"a": {"x": 1, "y": 2}, "b": {"z": 3}}, {"a": {"y": 4}})
    assert merged == {"a": {"x": 1, "y": 4}, "b": {"z": 3}}


def test_neighbours_are_joined_until_there_are_words_enough() -> None:
    joined = join_to(["a b", "c", "d e f", "g"], ["A", "B", "C", "D"], 3)
    assert joined == [("a b c", "A B"), ("d e f", "C")]  # `g` alone is too short


def test_the_table_has_the_figures_of_the_rows() -> None:
    row = {
        "row": "gru",
        "bleu": 30.04,
        "chrf": 55.5,
        "by_length": {"10": 31.0, "15": 30.0, "20": 29.0, "60": 12.0, "100": 3.0},
        "parameters": 5_400_000,
        "bytes": 22_000_000,
        "steps": 3000,
        "training_tokens_per_second": 7500.4,
        "sentences_per_second": 120.3,
    }
    line = as_markdown([row]).splitlines()[-1]
    assert line == (
        "| gru | 30.0 | 55.5 |  | 31.0 | 30.0 | 29.0 | 12.0 | 3.0 | 5.4 | 22 | 3,000 | 7,500 | 120 |"
    )
