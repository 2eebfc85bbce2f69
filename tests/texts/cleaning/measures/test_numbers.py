"""Numbers on both sides."""

import pytest

from texts.cleaning.measures.numbers import numbers_differ


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
        ("at 5 p.m.", "um 17 Uhr"),
        ("at 5:30 pm", "um 17.30 Uhr"),
        ("at 12 a.m.", "um 0 Uhr"),
        ("from 9 a.m. to 5 p.m.", "von 9 bis 17 Uhr"),
        ("the 1990s", "die 90er"),
        ("in the summer of '05", "im Sommer 2005"),
        ("the 1800s", "das 19. Jahrhundert"),
        ("2.5 million people", "2 500 000 Menschen"),
        ("3 thousand", "3.000"),
    ],
)
def test_same(source: str, target: str) -> None:
    assert not numbers_differ(source, target)
    assert not numbers_differ(target, source)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("5 dogs", "17 Hunde"),
        ("5 men", "500 Männer"),
        ("1 euro", "100 Euro"),
        ("in 1905", "vor 5 Jahren"),
        ("3 dogs", "4 Hunde"),
        ("1990 and 12", "1991 und 12"),
        ("5 ft", "1,75 Meter"),
        ("7 8", "7 7"),
        ("at 5 p.m.", "um 18 Uhr"),
        ("the 1990s", "die 80er"),
        ("5 men", "50 Männer"),
        ("3 at 5 p.m.", "4 um 17 Uhr"),
    ],
)
def test_different(source: str, target: str) -> None:
    assert numbers_differ(source, target)
    assert numbers_differ(target, source)
