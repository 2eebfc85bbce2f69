"""Do both sides of a pair name the same numbers?

Only digits are compared, and a number that one side writes in words is never held against it: a pair differs
only if each side has a number that the other has not. So `December 25th` goes with `12月25日`, and `8:30` with
`8点半`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# \d is any decimal digit of Unicode, full-width ones included.
_GROUP = re.compile(r"\d+")
# What may stand inside a number: 1,234.5 = 1.234,5 = 1 234,5 = 1'234.5.
_NUMBER = re.compile(r"\d+(?:[.,'’٫٬．，]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
# 3万 is 30,000: the digits say less than the number.
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
    return all(
        _each_has_its_own(_found(pattern, source), _found(pattern, target)) for pattern in (_NUMBER, _GROUP)
    )


def _each_has_its_own(first: Counter[str], second: Counter[str]) -> bool:
    return bool(first - second) and bool(second - first)


def _found(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(_ascii_digits(match) for match in pattern.findall(text))


def _ascii_digits(number: str) -> str:
    digits = "".join(str(unicodedata.decimal(character)) for character in number if character.isdecimal())
    return digits.lstrip("0") or "0"
