"""Numbers on both sides."""

import pytest

from pipeline.cleaning.numbers import numbers_differ


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("no digits", "keine"),
        ("3 dogs", "drei Hunde"),
        ("three dogs", "3 Hunde"),
        ("3 dogs", "3 Hunde"),
        ("from 2 to 9", "9 ab 2"),
        ("1,234.56 euros", "1.234,56 Euro"),
        ("12,345 people", "12 345 Leute"),
        ("12,345 people", "12\u202f345 Leute"),
        ("10'000", "10000"),
        ("in 2019, 300 men", "2019 300 Männer"),
        ("at 5:30", "um 05:30"),
        ("12 apples", "１２个苹果"),
        ("in 2019", "2019年"),
        ("30,000 people", "3万人"),
        ("Christmas is December 25th.", "圣诞节是12月25日。"),
        ("School is over at 3:30.", "学校3点半放学。"),
        ("6 people, 4 of them", "sechs Leute, davon 4"),
        ("١٢ things", "12 Dinge"),
    ],
)
def test_same(source: str, target: str) -> None:
    assert not numbers_differ(source, target)
    assert not numbers_differ(target, source)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("3 dogs", "4 Hunde"),
        ("1990 and 12", "1991 und 12"),
        ("5 ft", "1,75 Meter"),
        ("7 8", "7 7"),
    ],
)
def test_different(source: str, target: str) -> None:
    assert numbers_differ(source, target)
    assert numbers_differ(target, source)
