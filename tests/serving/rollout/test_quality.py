"""When a canary's translations are said to be worse than stable's, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from dragoman.trial import read_sentences
from serving.rollout.defects import COPIED, EMPTY, LONG, NUMBERS, REPEATING, SHORT, defects, length_defects
from serving.rollout.quality import ENOUGH, JudgedSentence, Quality, QualityLimits, chrf

LIMITS = QualityLimits()


def compared(rows: list[tuple[str, str, str, str]]) -> Quality:
    """Rows of source, reference, stable's translation and the canary's."""
    quality = Quality(len(rows))
    for source, reference, stable, canary in rows:
        quality.add(JudgedSentence(source, reference), stable, canary)
    return quality


def house(n: int) -> str:
    return f"Das alte Haus mit der Nummer {n} steht am Ende der Straße."


def same(count: int, reference: bool = True) -> list[tuple[str, str, str, str]]:
    return [
        (f"The old house at number {n}", house(n) if reference else "", house(n), house(n))
        for n in range(count)
    ]


def test_equal_translations_are_no_worse() -> None:
    for reference in (True, False):
        quality = compared(same(60, reference))
        assert quality.worse(LIMITS) == ""
        assert quality.agreement == 100
    assert quality.chrf("canary") is None


def test_against_references_the_worse_of_two_loses_whoever_it_is() -> None:
    worse = [
        (
            source,
            reference,
            good,
            good.replace("alte", "neue").replace("Ende", "Rande").replace("Haus", "Hut"),
        )
        for source, reference, good, _ in same(60)
    ]
    said = compared(worse).worse(LIMITS)
    assert "against the references, stable's 100.0" in said
    assert "'The old house at number" in said
    better = [(source, reference, canary, stable) for source, reference, stable, canary in worse]
    assert compared(better).worse(LIMITS) == ""


def test_a_difference_within_chance_is_none() -> None:
    """Half of the sentences are better, half worse, and a little more of the one than of the other."""
    rows = same(60)
    for place in range(60):
        source, reference, good, _ = rows[place]
        other = good.replace("alte Haus", "kleine Gebäude" if place % 3 else "kleine")
        rows[place] = (source, reference, *((good, other) if place % 2 else (other, good)))
    assert compared(rows).worse(LIMITS) == ""


def test_without_references_versions_that_hardly_agree_are_told_apart_from_those_that_do() -> None:
    apart = [
        (source, "", good, f"Ein {n} Gebäude war ganz hinten an dem Weg zu sehen.")
        for n, (source, _, good, _) in enumerate(same(60, reference=False))
    ]
    said = compared(apart).worse(LIMITS)
    assert "agree with stable's by" in said
    assert "less than 65" in said
    assert compared(apart).worse(QualityLimits(agreement=5)) == ""
    near = [
        (source, "", good, good.replace("steht", "ist")) for source, _, good, _ in same(60, reference=False)
    ]
    assert compared(near).worse(LIMITS) == ""


def test_writing_that_parts_no_words_has_a_limit_of_its_own() -> None:
    rows = [(f"{n}", "", f"我们昨天在图书馆看书{n}", f"昨天我们在图书馆读书{n}") for n in range(60)]
    quality = compared(rows)
    assert quality.agreement is not None
    assert 20 < quality.agreement < 65
    assert quality.worse(LIMITS) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: "", "are empty"),
        (lambda text: text[:20], "less than half as long"),
        (lambda text: text + " " + text.lower() + " Und so fort.", "more than twice as long"),
        (lambda text: text + " Straße Straße Straße Straße", "repeating itself"),
        (
            lambda text: "".join(character for character in text if not character.isdigit()),
            "without a number",
        ),
    ],
)
def test_a_few_translations_with_a_defect_are_found_among_many_good_ones(change: object, words: str) -> None:
    rows = same(100)
    for place in (3, 50, 97):
        source, reference, stable, _ = rows[place]
        rows[place] = (source, reference, stable, change(stable))  # type: ignore[operator]
    said = compared(rows).worse(LIMITS)
    assert said.startswith("3 of 100 translations are")
    assert words in said
    assert "The old house at number 3'" in said
    assert compared(rows).worse(QualityLimits(defect_increase=0.05)) == ""
    without = [(source, "", stable, canary) for source, _, stable, canary in rows]
    assert compared(without).worse(LIMITS) == said
    assert compared([(a, b, d, c) for a, b, c, d in without]).worse(LIMITS) == ""  # the canary mends them
    assert compared([*rows[:3], *rows[4:]]).worse(LIMITS) == ""  # two are noise


def test_translations_that_are_all_a_third_shorter_are_too_short() -> None:
    rows = [(source, "", good, good[: len(good) * 2 // 3]) for source, _, good, _ in same(60, False)]
    assert "times as long as stable's" in compared(rows).worse(QualityLimits(agreement=0, defect_increase=1))


def test_nothing_is_said_of_few_sentences_among_many_and_all_of_few() -> None:
    quality = Quality(sentences=1000)
    for n in range(ENOUGH - 1):
        quality.add(JudgedSentence(f"sentence number {n}", "gut"), "gut", "")
        quality.add(JudgedSentence(f"sentence number {n}", "gut"), "gut", "")
        assert quality.worse(LIMITS) == ""
    quality.add(JudgedSentence("the last sentence", "gut"), "gut", "")
    assert "50 of 50" in quality.worse(LIMITS)
    assert "2 of 2" in compared([("one", "", "eins", ""), ("two", "", "zwei", "")]).worse(LIMITS)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("Hello there.", "", {EMPTY}),
        ("", "", set()),
        ("The quick brown fox", "the quick brown fox ", {COPIED}),
        ("Angela Merkel", "Angela Merkel", set()),
        ("I have a dog.", "Ich habe Hund Hund Hund Hund.", {REPEATING}),
        ("Ha ha ha ha!", "Ha ha ha ha!", {COPIED}),
        ("It costs 1,000.50 euros", "Es kostet 1.000,50 Euro", set()),
        ("It costs 1,000.50 euros", "Es kostet 1\u202f000,50 Euro", set()),
        ("at 12:30 in 1999", "um 12.30 Uhr", {NUMBERS}),
        ("٣ apples", "3 Äpfel", set()),
        ("2 and 2", "2", {NUMBERS}),
    ],
)
def test_defects(source: str, text: str, expected: set[str]) -> None:
    assert defects(source, text) == expected


def test_lengths_are_compared_where_they_say_something() -> None:
    assert length_defects("Ja.", 10) == set()
    assert length_defects("Ja.", 25) == {SHORT}
    assert length_defects("Ja, das ist ganz gewiss so.", 3) == {LONG}
    assert length_defects("", 25) == set()  # empty is another defect


def test_chrf_is_sacrebleus() -> None:
    assert chrf("", "") == 100
    assert chrf("", "etwas") == 0
    assert 50 < chrf("das Haus ist neu", "das Haus ist alt") < 100


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("traffic.en", "One.\r\n\n  \nTwo.\n", [("One.", ""), ("Two.", "")]),
        ("traffic.en", "\ufeffOne.\nOne.\n", [("One.", "")]),
        ("traffic", "One.\tEins.\nTwo.\tZwei.\n", [("One.", "Eins."), ("Two.", "Zwei.")]),
        ("traffic", "One.\tEins.\nTwo.\n", [("One.\tEins.", ""), ("Two.", "")]),
        ("traffic.tsv", "One.\tEins.\nTwo.\nThree.\t\n", [("One.", "Eins."), ("Two.", ""), ("Three.", "")]),
        ("traffic", "One\u2028line.\n", [("One\u2028line.", "")]),
    ],
)
def test_sentences_and_references(
    tmp_path: Path, name: str, content: str, read: list[tuple[str, str]]
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    assert read_sentences(tmp_path / name) == [JudgedSentence(*fields) for fields in read]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfeO\x00n\x00"])
def test_files_without_sentences_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "traffic").write_bytes(content)
    with pytest.raises(typer.BadParameter, match="traffic"):
        read_sentences(tmp_path / "traffic")
