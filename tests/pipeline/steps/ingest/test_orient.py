"""A corpus in both directions of its languages, from its files to what is left after cleaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.directions import Direction
from pipeline.config import Languages, ServingCheckConfig
from pipeline.errors import DataError
from pipeline.examples.probes import draw_probes
from pipeline.examples.shards import Pair, ShardWriter, serialize
from pipeline.steps.clean.report import read_cleaning_report
from pipeline.steps.ingest.orient import orient
from tests.pipeline.steps.runs import artifacts, config, examples, pair_corpus, run

EN_DE, DE_EN = (
    Direction(source_language=source, target_language=target)
    for source, target in (("en", "de"), ("de", "en"))
)
ZERO = Direction(source_language="de", target_language="en", zero_shot=True)
PAIR = Pair(b"one", b"eins", b"c", 1)
BOTH = {"trained": ["en-de", "de-en"]}


def test_a_pair_is_in_the_directions_of_its_languages() -> None:
    languages = Languages(source="en", target="de")
    assert list(orient(PAIR, "train", languages, ())) == [PAIR]
    french = Direction(source_language="en", target_language="fr")
    rows = list(orient(PAIR, "train", languages, (EN_DE, french, DE_EN)))
    assert rows == [
        Pair(b"one", b"eins", b"c", 1, b"en", b"de"),
        Pair(b"eins", b"one", b"c", 1, b"de", b"en"),
    ]
    assert [row.direction for row in rows] == ["en-de", "de-en"]


def test_a_rewriting_keeps_its_sides() -> None:
    languages = Languages(source="en", target="en", allow_same=True)
    rewriting = Direction(source_language="en", target_language="en")
    assert list(orient(PAIR, "train", languages, (rewriting, EN_DE))) == [
        Pair(b"one", b"eins", b"c", 1, b"en", b"en")
    ]


def test_what_is_never_trained_is_tested_alone() -> None:
    languages = Languages(source="en", target="de")
    assert [row.direction for row in orient(PAIR, "train", languages, (EN_DE, ZERO))] == ["en-de"]
    assert [row.direction for row in orient(PAIR, "test", languages, (EN_DE, ZERO))] == ["en-de", "de-en"]


def test_a_pair_of_one_direction_is_written_as_ever() -> None:
    assert b"language" not in serialize(PAIR)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingested, validated and cleaned in both directions."""
    folder = tmp_path_factory.mktemp("directed")
    corpus = pair_corpus(
        folder,
        train=[
            ("one", "eins"),
            ("the same", "dasselbe"),
            ("two", "zwei"),
            ("two", "zwei"),
            ("another test", "Der Test"),
            ("a test", "Eine Probe"),
        ],
        dev=[(f"dev {number}", f"Dev {number} auch") for number in range(4)],
        test=[("a test", "Der Test")],
    )
    run(config(corpus, directions=BOTH), folder, clean=True, validate=True)
    return folder


def test_each_pair_is_there_twice_and_its_split_is_one(root: Path) -> None:
    assert [row.direction for row in examples(root, "test")] == ["en-de", "de-en"]
    assert len(examples(root, "train")) == 12


def test_duplicates_and_leaks_are_found_in_each_direction(root: Path) -> None:
    kept = examples(root, "train", "Cleaner", "cleaned_examples")
    said = [("one", "eins"), ("the same", "dasselbe"), ("two", "zwei")]
    assert [(row.source.decode(), row.target.decode()) for row in kept if row.direction == "en-de"] == said
    assert [(row.target.decode(), row.source.decode()) for row in kept if row.direction == "de-en"] == said
    report = read_cleaning_report(str(artifacts(root, "Cleaner", "cleaning_report")[-1]))
    assert report.after["train"] == {"c en-de": 3, "c de-en": 3}
    # "Der Test" is a source of the test split too: on neither side may it be learned from.
    assert report.rejected["source also in dev or test"].by_corpus == {"c en-de": 2, "c de-en": 2}
    assert report.rejected["duplicate"].count == 2


def test_probes_are_drawn_for_each_target_language(root: Path) -> None:
    folder = artifacts(root, "Cleaner", "cleaned_examples")[-1] / "Split-dev"
    serving = config(
        pair_corpus(root, "x", train=[("a", "b")], dev=[("a", "b")], test=[("a", "b")]),
        serving_check={"sentences": 2, "canary_sentences": ["Hello"]},
    ).serving_check
    assert draw_probes([str(folder)], serving) == [
        ("Hello", ""),
        ("dev 0", "de"),
        ("dev 2", "de"),
        ("Dev 0 auch", "en"),
        ("Dev 2 auch", "en"),
    ]


def test_probes_are_drawn_for_each_direction_wherever_it_lies(tmp_path: Path) -> None:
    """Corpora lie one behind the other, and two directions may have one target language."""
    rows = [
        (direction, f"{direction} {row}")
        for direction, rows in (("en-de", 1500), ("fr-de", 2), ("de-en", 2))
        for row in range(rows)
    ]
    with ShardWriter(str(tmp_path), "data") as writer:
        for direction, source in rows:
            languages = [language.encode() for language in direction.split("-")]
            writer.write(Pair(source.encode(), b"t", b"c", 1, *languages))
    assert draw_probes([str(tmp_path)], ServingCheckConfig(sentences=2)) == [
        ("en-de 0", "de"),
        ("en-de 500", "de"),
        ("fr-de 0", "de"),
        ("fr-de 1", "de"),
        ("de-en 0", "en"),
        ("de-en 1", "en"),
    ]


def test_swapped_sides_are_told_by_direction(tmp_path: Path) -> None:
    english = "This is a long sentence about the weather in our town and the people who live there."
    german = "Das ist ein langer Satz über das Wetter in unserer Stadt und die Leute, die dort wohnen."
    rows = [(f"{german} {number}", f"{english} {number}") for number in range(20)]
    corpus = pair_corpus(tmp_path, train=rows, dev=rows[:1], test=rows[:1])
    with pytest.raises(DataError, match="corpus `c en-de`, split `train`: the sides are swapped"):
        run(config(corpus, directions=BOTH, cleaning={"drop_other_language": False}), tmp_path, clean=True)
