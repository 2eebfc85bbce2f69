"""English morphology: articles, third person, be and have, numbers."""

from __future__ import annotations

_SIBILANTS = ("s", "sh", "ch", "x", "z", "o")


def indefinite(following: str) -> str:
    """a or an, by the word that follows."""
    return "an" if following[0] in "aeiou" else "a"


def third_person(base: str) -> str:
    """reads, watches, tidies, has."""
    if base == "have":
        return "has"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(_SIBILANTS) else "s")


def present(base: str, person: int, plural: bool) -> str:
    """The present tense of any verb, be included."""
    third = person == 3 and not plural
    if base == "be":
        return "is" if third else ("am" if person == 1 and not plural else "are")
    return third_person(base) if third else base


def past_of_be(person: int, plural: bool) -> str:
    """was or were; `you` is always were."""
    return "were" if plural or person == 2 else "was"


_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *(
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ),
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def number(value: int) -> str:
    """2 to 99 in words."""
    if not 2 <= value <= 99:
        raise ValueError(f"{value} is not between 2 and 99")
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
