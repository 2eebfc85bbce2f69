"""What each disturbance makes of a pair, and that a file adds one."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.kinds import FOLDERS, add_folders
from contracts.vocabulary import protected_pieces
from tests.examples import examples
from texts.disturbances.base import DISTURBANCES, DisturbanceConfig, SentencePair, Sides

PAIR = SentencePair(
    "Two dogs run, don't they?",
    "Zwei Hunde laufen, oder?",
    links=((0, 0), (1, 1), (2, 2)),
    before=("A man sings.", "Ein Mann singt."),
    protected=protected_pieces(3),
)


def disturbed(name: str, pair: SentencePair = PAIR, seed: int = 1, **keys: Any) -> Sides | None:
    return DisturbanceConfig.model_validate({"name": name, **keys}).disturb(pair, random.Random(seed))


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("upper-case", ("TWO DOGS RUN, DON'T THEY?", "ZWEI HUNDE LAUFEN, ODER?")),
        ("title-case", ("Two Dogs Run, Don't They?", "Zwei Hunde Laufen, Oder?")),
        ("no-end", ("Two dogs run, don't they", "Zwei Hunde laufen, oder")),
        ("context", ("A man sings. ⟦|⟧ Two dogs run, don't they?", "Zwei Hunde laufen, oder?")),
        (
            "two-sentences",
            ("A man sings. Two dogs run, don't they?", "Ein Mann singt. Zwei Hunde laufen, oder?"),
        ),
    ],
)
def test_what_leaves_nothing_to_chance(name: str, sides: Sides) -> None:
    assert disturbed(name) == sides


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("upper-case", SentencePair("你好。", "你好。")),
        ("title-case", SentencePair("A", "B")),
        ("no-end", SentencePair("A dog", "Ein Hund.")),
        ("no-end", SentencePair("?!", "?!")),
        ("typos", SentencePair("A dog is it", "Ein Hund ist es")),
        ("two-sentences", SentencePair("A dog", "Ein Hund")),
        ("context", SentencePair("A dog", "Ein Hund")),
        ("short", SentencePair("A dog", "Ein Hund")),
        ("placeholders", SentencePair("A dog", "Ein Hund", protected=protected_pieces(2))),
        ("placeholders", SentencePair("A dog", "Ein Hund", links=((0, 0),))),
    ],
)
def test_where_there_is_nothing_to_disturb_nothing_comes(name: str, pair: SentencePair) -> None:
    assert disturbed(name, pair) is None


def test_sentences_without_spaces_are_joined_without_one() -> None:
    joined = disturbed("two-sentences", SentencePair("It is two.", "二。", before=("One.", "一。")))
    assert joined == ("One. It is two.", "一。二。")


@given(st.integers(0, 1000))
@examples(30)
def test_a_typo_changes_a_long_word_of_the_source_behind_its_first_letter(seed: int) -> None:
    sides = disturbed("typos", SentencePair("It is green", "Es ist grün"), seed)
    possible = {"geren", "geen", "grreen", "gren", "greeen", "grene"}
    if sides is not None:  # the two letters that change places may be the same
        before, word = sides[0].rsplit(" ", 1)
        assert (before, sides[1]) == ("It is", "Es ist grün")
        assert word in possible


def test_typos_are_as_many_as_they_should_be() -> None:
    words = "green house never sleeps while seven dogs sing"
    sides = disturbed("typos", SentencePair(words, "x"), words=0.5)
    assert sides is not None
    assert sum(word != other for word, other in zip(words.split(), sides[0].split(), strict=True)) in (3, 4)


def test_a_part_is_what_the_links_keep_together() -> None:
    pair = SentencePair(
        "He has seen it today", "Er hat es heute gesehen", links=((0, 0), (1, 1), (2, 4), (3, 2))
    )
    parts = {disturbed("short", pair, seed, words=2) for seed in range(60)}
    assert parts == {
        *(("He", "Er"), ("has", "hat"), ("seen", "gesehen"), ("it", "es")),
        ("He has", "Er hat"),
    }


@given(st.integers(0, 1000))
@examples(50)
def test_placeholders_are_once_on_both_sides_where_the_words_were(seed: int) -> None:
    sides = disturbed("placeholders", seed=seed, most=2, tags=0)
    assert sides is not None
    used = [[word.strip(",") for word in side.split() if "⟦" in word] for side in sides]
    assert Counter(used[0]) == Counter(used[1])
    assert 1 <= len(used[0]) <= 2
    for piece in used[0]:
        places = [[word.strip(",") for word in side.split()].index(piece) for side in sides]
        assert tuple(places) in PAIR.links
        assert sides[0].count(piece) == sides[1].count(piece) == 1


def test_what_is_the_same_on_both_sides_needs_no_links_and_keeps_its_marks() -> None:
    pair = SentencePair("See (x.org), Anna!", "Anna, siehe (x.org)!", protected=protected_pieces(1))
    pairs = {disturbed("placeholders", pair, seed, tags=0) for seed in range(20)}
    assert pairs == {
        ("See (⟦0⟧), Anna!", "Anna, siehe (⟦0⟧)!"),
        ("See (x.org), ⟦0⟧!", "⟦0⟧, siehe (x.org)!"),
    }


@given(st.integers(0, 1000))
@examples(50)
def test_a_tag_is_around_words_that_stand_for_each_other(seed: int) -> None:
    sides = disturbed("placeholders", seed=seed, most=1, tags=1)
    assert sides is not None
    around = [re.findall(r"(⟦\d⟧) (\S+(?: \S+)*?) (⟦\d⟧)", side) for side in sides]
    [(opening, words, closing)], [(opens, others, closes)] = around
    assert (opening, closing) == (opens, closes)
    parts = {"Two": "Zwei", "dogs": "Hunde", "run": "laufen"}
    assert [parts.get(word.strip(","), word.strip(",")) for word in words.split()] == [
        word.strip(",") for word in others.split()
    ]
    assert all(side.count(piece) == 1 for side in sides for piece in (opening, closing))


def test_marks_around_the_words_stay_around_the_tag() -> None:
    pair = SentencePair("(Anna),", "«Anna»!", protected=protected_pieces(2))
    pairs = {disturbed("placeholders", pair, seed, tags=1) for seed in range(20)}
    assert pairs == {
        ("(⟦0⟧ Anna ⟦1⟧),", "«⟦0⟧ Anna ⟦1⟧»!"),
        ("(⟦1⟧ Anna ⟦0⟧),", "«⟦1⟧ Anna ⟦0⟧»!"),
    }


def test_what_is_there_twice_is_no_link() -> None:
    pair = SentencePair("2 and 2", "2 und 2", protected=protected_pieces(1))
    assert disturbed("placeholders", pair) is None


@pytest.mark.parametrize("name", DISTURBANCES.names())
def test_the_same_chance_gives_the_same_pair(name: str) -> None:
    assert disturbed(name, seed=5) == disturbed(name, seed=5)


LOWER_CASE = """
from typing import Literal
from texts.disturbances.base import DisturbanceConfig
class LowerCaseConfig(DisturbanceConfig):
    name: Literal["lower-case"] = "lower-case"
    def disturb(self, pair, chance):
        return pair.source.lower(), pair.target
"""


def test_a_file_of_the_users_adds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "disturbances").mkdir()
    (tmp_path / "disturbances" / "lower_case.py").write_text(LOWER_CASE)
    add_folders([tmp_path])
    assert disturbed("lower-case") == ("two dogs run, don't they?", PAIR.target)


def test_one_that_disturbs_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS, "")
    (tmp_path / "disturbances").mkdir()
    (tmp_path / "disturbances" / "idle.py").write_text(
        "from typing import Literal\n"
        "from texts.disturbances.base import DisturbanceConfig\n"
        "class IdleConfig(DisturbanceConfig):\n"
        "    name: Literal['idle'] = 'idle'\n"
    )
    add_folders([tmp_path])
    with pytest.raises(
        ValidationError, match=r"IdleConfig of the disturbance `idle` .* lacks the method disturb"
    ):
        DisturbanceConfig.model_validate({"name": "idle"})


@pytest.mark.parametrize(
    "given", [{"name": "upper"}, {"name": "typos", "rate": 0}, {"name": "short", "word": 1}]
)
def test_what_means_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DisturbanceConfig.model_validate(given)
