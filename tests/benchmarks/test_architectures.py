"""The rows of the tables: each is a configuration that holds, joined sentences lose nothing, and the page and
its picture say what was measured.
"""

from __future__ import annotations

import gzip
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import architecture_table, architectures
from benchmarks.architecture_table import as_markdown
from benchmarks.architectures import TABLES, join_to, merge, read_rows
from benchmarks.corpora import read_corpus

ROWS = {(table, row): settings for table in TABLES for row, settings in read_rows(table).items()}
MEASURED: dict[str, Any] = {
    "row": "transformer",
    "bleu": 30.04,
    "chrf": 55.5,
    "by_length": {"10": 31.0, "15": 30.0, "20": None, "60": 12.0, "100": 3.0},
    "parameters": 5_400_000,
    "bytes": 22_000_000,
    "steps": 3000,
    "training_tokens_per_second": 7500.4,
    "training_mebibytes": 1800.2,
    "sentences_per_second": 120.3,
    "busy": 0.02,
    "minutes": 30.0,
    "processor": "a processor, 1 cores",
    "cores": 1,
    "date": "2026-11-29",
    "commit": "abc1234",
    "signature": "nrefs:1",
}


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_a_row_is_a_configuration_that_holds(table: str, row: str) -> None:
    from trainer.config import SearchConfig, TrainingConfig, VocabularyConfig
    from trainer.models.base import ArchitectureConfig

    settings = ROWS[table, row]
    ArchitectureConfig.model_validate(settings["model"])
    TrainingConfig.model_validate(settings["training"])
    SearchConfig.model_validate(settings["search"])
    VocabularyConfig.model_validate(settings["vocabulary"])
    sections = {"corpus", "vocabulary", "model", "training", "search"}
    assert settings.keys() == sections, "a row sets a section that nobody reads"
    assert settings["corpus"].keys() == {"name"}


def test_a_row_has_one_name_in_all_tables() -> None:
    assert len({row for _, row in ROWS}) == len(ROWS)


def test_a_row_sets_what_it_names_and_nothing_else() -> None:
    merged = merge({"a": {"x": 1, "y": 2}, "b": {"z": 3}}, {"a": {"y": 4}})
    assert merged == {"a": {"x": 1, "y": 4}, "b": {"z": 3}}


def test_neighbours_are_joined_until_there_are_words_enough() -> None:
    joined = join_to(["a b", "c", "d e f", "g"], ["A", "B", "C", "D"], 3)
    assert joined == [("a b c", "A B"), ("d e f", "C")]  # `g` alone is too short


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def test_corpora_are_read_pair_by_pair_and_no_source_is_in_two_splits(tmp_path: Path) -> None:
    for split in ("train", "val", "test_2016_flickr"):
        _write(tmp_path / "multi30k-en-de" / f"{split}.en.gz", f"a {split}\nb\x85 c\n")  # no end of a line
        _write(tmp_path / "multi30k-en-de" / f"{split}.de.gz", f"A {split}\nB C\n")
    captions = read_corpus("multi30k-en-de", tmp_path)
    assert captions.val == (["a val", "b\x85 c"], ["A val", "B C"])
    assert captions.tokenize == "13a"
    rows = [f"{number // 2} cats.\t{number} 只猫。\tCC-BY" for number in range(400)]
    _write(tmp_path / "tatoeba-en-zh" / "cmn.tsv.gz", "\n".join(rows) + "\n")
    sentences = read_corpus("tatoeba-en-zh", tmp_path)
    splits = (sentences.train, sentences.val, sentences.test)
    assert sum(len(split.sources) for split in splits) == 400
    assert all(len(split.sources) == len(split.targets) > 0 for split in splits)
    assert not set(sentences.train.sources) & set(sentences.test.sources)
    assert sentences.tokenize == "zh"


def test_the_table_has_the_figures_of_the_rows() -> None:
    figures = "31.0 | 30.0 |  | 12.0 | 3.0 | 5.4 | 22 | 3,000 | 7,500 | 1,800 | 120 | 2% |"
    assert as_markdown([MEASURED]).splitlines()[-1] == f"| transformer | 30.0 | 55.5 |  | {figures}"
    tested = {**MEASURED, "test": {"bleu": 28.0}}
    assert as_markdown([tested]).splitlines()[-1] == f"| transformer | 30.0 | 55.5 | 28.0 | {figures}"


def test_page_and_picture_are_made_of_what_rows_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["architecture_table", "--results", str(tmp_path), "--write"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit, match="holds no row"):
        architecture_table.main()
    folder = tmp_path / "architectures"
    folder.mkdir()
    for row in (MEASURED, {**MEASURED, "row": "ssru", "bleu": 31.0, "date": "2026-11-30"}):
        (folder / f"{row['row']}.json").write_text(json.dumps(row))
    architecture_table.main()
    page = folder.with_suffix(".md").read_text()
    assert page == capsys.readouterr().out
    assert page.index("| ssru |") < page.index("| transformer |")  # the better one
    assert "2026-11-29, 2026-11-30; commit abc1234" in page
    missing = page.partition("Not measured yet: ")[2].splitlines()[0].removesuffix(".").split(", ")
    assert {*missing, "ssru", "transformer"} == read_rows("architectures").keys()
    texts = {"".join(element.itertext()).strip() for element in ET.parse(folder.with_suffix(".svg")).iter()}
    assert {"ssru", "transformer", "BLEU, val", "joined to 100"} <= texts


def test_a_row_that_is_not_there_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["architectures", "transfromer"])
    with pytest.raises(SystemExit):
        architectures.main()
    assert "invalid choice: 'transfromer'" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["architectures", "transformer", "--corpora", str(tmp_path)])
    with pytest.raises(SystemExit, match="is not there: give --corpora"):
        architectures.main()
