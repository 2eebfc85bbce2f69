"""What is wrong with a translation to the eye of somebody who does not know the languages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

EMPTY, COPIED, REPEATING, NUMBERS, SHORT, LONG = (
    "empty",
    "copied from the source",
    "repeating itself",
    "without a number of the source",
    "less than half as long as expected",
    "more than twice as long as expected",
)
_WORDS = 3  # A name or a title alone may well stay as it is.
_LONG_ENOUGH = 20  # characters of the translation or expected: half of "Yes." says nothing
# The same two characters or more, three times in a row: the the the, hahaha.
_REPEATED = re.compile(r"(\S.{1,40}?)\1{2,}", re.DOTALL)
# 1,000.5 and 1.000,5 and 12:30, whatever parts the digits of one number.
_NUMBER = re.compile(r"\d(?:[.,:'’\u00a0\u202f]?\d)*")


def defects(source: str, translation: str) -> set[str]:
    """Those of a translation."""
    kinds, text = set(), translation.strip()
    if source.strip() and not text:
        kinds.add(EMPTY)
    if text.casefold() == source.strip().casefold() and len(text.split()) >= _WORDS:
        kinds.add(COPIED)
    if _REPEATED.search(text) and not _REPEATED.search(source):
        kinds.add(REPEATING)
    if text and _numbers(source) - _numbers(text):
        kinds.add(NUMBERS)
    return kinds


def length_defects(translation: str, expected: float) -> set[str]:
    """Those of a translation that should be about `expected` characters long."""
    length = len(translation.strip())
    if not length or not expected or max(length, expected) < _LONG_ENOUGH:
        return set()
    return {SHORT} if 2 * length < expected else {LONG} if length > 2 * expected else set()


def _numbers(text: str) -> Counter[str]:
    numbers = _NUMBER.findall(text)
    return Counter(
        "".join(str(unicodedata.digit(character)) for character in number if character.isdecimal())
        for number in numbers
    )
