"""Do both sides of a pair name the same numbers?

Only digits are compared, and a number that one side writes in words is never held against it: a pair differs
only if each side has a number that the other has not. So `December 25th` goes with `12月25日`,
and `8:30` with `8点半`. Neither are two ways of saying a number: `5 p.m.` goes with `17 Uhr`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

# \d is any decimal digit of Unicode, full-width ones included.
_GROUP = re.compile(r"\d+")
# What may stand inside a number: 1,234.5 = 1.234,5 = 1 234,5 = 1'234.5.
_NUMBER = re.compile(r"\d+(?:[.,'’٫٬．，]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
_HOURS = 12
# Two ways of saying a number are only believed where one side has the word for it. A language whose words are
# not here loses such pairs, as it did before they were known.
_CLOCK = re.compile(
    r"\d\s*(?:[ap]\.?\s?m\b|uhr|o['’]clock|h\b|heures?|horas?|ore\b|час|時|时|点|點)", re.IGNORECASE
)
_YEARS = re.compile(
    r"\d(?:['’]?s\b|er\b|erne|-х|年代)"
    r"|['’]\d\d\b|centur|jahrh|siècle|siglo|secolo|век|世紀|世纪|eeuw|sekel|wieku",
    re.IGNORECASE,
)
_SCALE = re.compile(
    r"\d\s*(?:k\b|hund|thou|taus|tsd|mil|mio|mln|mrd|bn\b|bill|тыс|млн|млрд|тысяч|милл)", re.IGNORECASE
)
# 3万 is 30,000: the digits say less than the number. A word for thousands adds three zeros, less the decimals
# that stand before it: 2.5 thousand is 2,500.
_SCALE_ZEROS = 2
_SCALED = re.compile(r"\d\s*[十百千万萬亿億兆]")


def numbers_differ(source: str, target: str) -> bool:
    """True if each side has a number that the other has not, however the separators are read.

    Numbers are compared with separators removed, and else group by group (`2019 300` against `2019, 300`),
    in any order. Leading zeros do not count (`05:30` = `5:30`). False where a digit is followed by a Chinese
    or Japanese scale.
    """
    if not _GROUP.search(source) or not _GROUP.search(target):
        return False
    if _SCALED.search(source) or _SCALED.search(target):
        return False
    words = _Words.of(f"{source}\n{target}")
    return all(
        _each_has_its_own(_count(pattern, source), _count(pattern, target), words)
        for pattern in (_NUMBER, _GROUP)
    )


class _Words(NamedTuple):
    """Which words that say a number in another way a pair has."""

    clock: bool
    years: bool
    scale: bool

    @classmethod
    def of(cls, text: str) -> _Words:
        return cls(*(bool(pattern.search(text)) for pattern in (_CLOCK, _YEARS, _SCALE)))


def _each_has_its_own(first: Counter[str], second: Counter[str], words: _Words) -> bool:
    mine, theirs = list((first - second).elements()), list((second - first).elements())
    for number in tuple(mine):
        if match := next((other for other in theirs if _said_in_two_ways(number, other, words)), None):
            mine.remove(number)
            theirs.remove(match)
    return bool(mine) and bool(theirs)


def _said_in_two_ways(source: str, target: str, words: _Words) -> bool:
    """A time of day by both clocks (5 p.m., 17 Uhr), a year or decade with and without its century (1990s,
    90er), a century by its years (1800s, 19. Jahrhundert), or a number with and without the word for its
    thousands or millions (2.5 million, 2 500 000)."""
    small, large = sorted((source, target), key=int)
    low, high = int(small), int(large)
    return (
        (words.clock and low <= _HOURS and high - low == _HOURS)
        or (words.years and _is_year(large) and (small == large[2:].lstrip("0") or (low - 1) * 100 == high))
        or (
            words.scale
            and len(large) - len(small) >= _SCALE_ZEROS
            and large == small + "0" * (len(large) - len(small))
        )
    )


def _is_year(number: str) -> bool:
    return len(number) == 4 and number[0] in "12"


def _count(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(_ascii_digits(match) for match in pattern.findall(text))


def _ascii_digits(number: str) -> str:
    digits = "".join(str(unicodedata.decimal(character)) for character in number if character.isdecimal())
    return digits.lstrip("0") or "0"
