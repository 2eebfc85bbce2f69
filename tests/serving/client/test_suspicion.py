"""A target that lost a part of its source is noticed; whole ones pass."""

from __future__ import annotations

import pytest

from serving.client.suspicion import is_too_short

PAIRS = [
    ("A dog runs.", "Ein Hund rennt."),
    ("A man eats an apple in the park.", "他在公园里吃苹果。"),
    ("他在公园里吃苹果。", "He is eating an apple in the park."),
    ("Собака бежит.", "A dog runs."),
    ("Hi! How are you?", "Hallo! Wie geht's?"),
    ("", ""),
    ("  ", ""),
    ("3", "3"),
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_translations_of_each_other_pass(source: str, target: str) -> None:
    assert not is_too_short(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("A dog runs.", ""),
        ("A dog runs. A man eats.", "Ein Hund rennt schnell am Strand."),
        ("狗在跑。一个人在吃。", "A dog is running."),
        ("A man in an orange hat stares at something while two women look on", "Ein Mann mit Hut"),
    ],
)
def test_what_lacks_a_part_is_noticed(source: str, target: str) -> None:
    assert is_too_short(source, target)


def test_known_languages_tell_abbreviations() -> None:
    source, target = "Am 3. Oktober kam der kleine Hund.", "The little dog came on October 3."
    assert not is_too_short(source, target, "de", "en")
