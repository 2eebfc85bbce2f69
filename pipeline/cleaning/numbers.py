"""Do both sides of a pair name the same numbers?

Only digits are compared, so a number that one side writes in words is never held against it as long as that
side has no digits at all.
"""

from __future__ import annotations

import re
import unicodedata

# \d is any decimal digit of Unicode, full-width ones included.
_GROUP = re.compile(r"\d+")
# Points, commas, apostrophes and narrow or plain spaces inside a number: 1,234.5 = 1.234,5 = 1 234,5 =
# 1'234.5.
_NUMBER = re.compile(r"\d+(?:[.,'’٫٬．，]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
# 3万 is 30,000: the digits say less than the number.
_SCALED = re.compile(r"\d\s*[十百千万萬亿億兆]")


def numbers_differ(source: str, target: str) -> bool:
    """True if both sides have digits and no reading of the separators makes the numbers the same, in any
    order.

    Numbers are compared with separators removed, and else group by group (`in 2019 300` against `in 2019,
    300`). Leading zeros do not count (`05:30` = `5:30`). False where a digit is followed by a Chinese or
    Japanese scale.
    """
    if not _GROUP.search(source) or not _GROUP.search(target):
        return False
    if _SCALED.search(source) or _SCALED.search(target):
        return False
    return all(_found(pattern, source) != _found(pattern, target) for pattern in (_NUMBER, _GROUP))


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return sorted(_ascii_digits(match) for match in pattern.findall(text))


def _ascii_digits(number: str) -> str:
    digits = "".join(str(unicodedata.decimal(character)) for character in number if character.isdecimal())
    return digits.lstrip("0") or "0"
