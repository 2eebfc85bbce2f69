"""A corpus in other languages than it says stops the run; one that is as it should be does not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.config import Languages
from pipeline.errors import DataError
from pipeline.steps.clean.alarm import refuse_other_languages
from pipeline.steps.clean.report import CleaningReport, merged
from texts.cleaning.measures.foreign import find_foreign

ENGLISH = [
    "The small dog sleeps on the sofa.",
    "She buys two red apples.",
    "My brother reads a long letter.",
] * 8
GERMAN = ["Der kleine Hund schläft auf dem Sofa.", "Sie kauft rote Äpfel.", "Mein Bruder liest Briefe."] * 8
SERBIAN = ["Veliki pas spava na starom kauču.", "Ona kupuje dve crvene jabuke.", "Moj brat čita pismo."] * 8


def alarm(pairs: Iterable[tuple[str, str]], source: str, target: str, largest: float | None = 0.5) -> str:
    """What the alarm says of a training corpus in two shards; empty where it says nothing."""
    reports = (CleaningReport(), CleaningReport())
    for number, pair in enumerate(pairs):
        reports[number % 2].look("train", ["news"], {0: find_foreign(*pair, source, target)})
    try:
        refuse_other_languages(merged(reports), Languages(source=source, target=target), largest)
    except DataError as error:
        return str(error)
    return ""


def test_swapped_sides_are_told() -> None:
    said = alarm(zip(GERMAN, ENGLISH, strict=True), "en", "de")
    assert "corpus `news`, split `train`: the sides are swapped: most of the source is de" in said
    assert "exchange the files" in said
    assert "cleaning.max_other_language" in said


def test_the_wrong_side_is_named() -> None:
    said = alarm(zip(ENGLISH, ENGLISH, strict=True), "en", "de")
    assert "most of the target is en, not de" in said
    assert "source" not in said


def test_a_script_that_the_code_does_not_name_is_hinted_at() -> None:
    said = alarm(zip(ENGLISH, SERBIAN, strict=True), "en", "sr")
    assert "most of the target is written in Latn, and sr in Cyrl" in said
    assert "write sr-Latn if that is the text's script" in said
    assert alarm(zip(ENGLISH, SERBIAN, strict=True), "en", "sr-Latn") == ""


@pytest.mark.parametrize(
    "pairs",
    [
        list(zip(ENGLISH, GERMAN, strict=True)),
        list(zip(GERMAN[:9], ENGLISH[:9], strict=True)),  # too few to judge by
        [*zip(ENGLISH, GERMAN, strict=True), *zip(GERMAN, ENGLISH, strict=True)],  # not most of them
        [("OK", "OK"), ("No. 5", "Nr. 5"), ("", "")] * 20,
    ],
)
def test_what_is_as_it_should_be_raises_no_alarm(pairs: list[tuple[str, str]]) -> None:
    assert alarm(pairs, "en", "de") == ""


def test_languages_that_are_not_known_raise_none() -> None:
    welsh = ["Mae cath fach yn cysgu ar y soffa.", "Mae hi'n prynu dau afal coch."] * 12
    assert alarm(zip(ENGLISH, welsh, strict=True), "en", "cy") == ""


def test_it_can_be_switched_off() -> None:
    assert alarm(zip(GERMAN, ENGLISH, strict=True), "en", "de", None) == ""


@pytest.mark.parametrize("names", [("swapped.en", "swapped.de")])
def test_the_case_from_real_use(names: tuple[str, str]) -> None:
    cases = Path(__file__).parents[5] / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("shared cases are not here")
    sides = [(cases / name).read_text(encoding="utf-8").splitlines() for name in names]
    assert "swapped" in alarm(zip(*sides, strict=True), "en", "de")
