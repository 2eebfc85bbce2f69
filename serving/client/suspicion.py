"""Whether a target is suspiciously short for its source, judged by the two texts alone.

A model that was trained on single sentences may translate the first of several and end there, with a normal
score and without being cut. docs/results/suspicion.md has how often this is noticed, and raised for nothing.
"""

from __future__ import annotations

import math
import unicodedata

from texts.sentences import split

# Gale and Church 1993 (https://aclanthology.org/J93-1004/): the lengths of translations of each other, in
# characters, differ by a normal deviate with this variance for each character.
_VARIANCE = 6.8
_DEVIATION = -2.0
# What a Chinese, Japanese or Korean character says takes about three letters.
_WIDE = 3


def is_too_short(source: str, target: str, source_language: str = "", target_language: str = "") -> bool:
    """Whether the target has fewer sentences or far fewer characters than the source."""
    expected = _size(source)
    if not expected:
        return False
    deviation = (_size(target) - expected) / math.sqrt(_VARIANCE * expected)
    return deviation < _DEVIATION or _count(target, target_language) < _count(source, source_language)


def _count(text: str, language: str) -> int:
    return len([sentence for sentence in split(text, language).sentences if sentence])


def _size(text: str) -> int:
    """Length in letters of an alphabet, without white space."""
    return sum(
        _WIDE if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
        if not character.isspace()
    )
