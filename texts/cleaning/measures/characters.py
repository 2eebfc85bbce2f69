"""What each character is, as tables over all of Unicode: texts are measured by looking it up."""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

import numpy as np
import regex

from texts.cleaning.measures.lengths import HAN, SPACELESS, SYLLABLE, VISIBLE
from texts.cleaning.measures.scripts import LETTER, pattern_of

_CHARACTERS = 0x110000
# No character is assigned between these planes and beyond, but for private use: none is a letter or visible.
_PLANES = (0, 1, 2, 3, 14)
_SURROGATES = (0xD800, 0xE000)


# What a character is; it may be several of these.
IS_BLANK = 1
IS_SPACELESS = 2  # of a script without spaces: a word of its own
IS_HAN = 4
IS_SYLLABLE = 8
IS_VISIBLE = 16
IS_LETTER = 32
IS_DIGIT = 64


class _Pattern(Protocol):
    """Of `re` or `regex`, of one character."""

    @property
    def pattern(self) -> str: ...


_PATTERNS: dict[int, _Pattern] = {
    IS_BLANK: re.compile(r"\s"),
    IS_SPACELESS: SPACELESS,
    IS_HAN: HAN,
    IS_SYLLABLE: SYLLABLE,
    IS_VISIBLE: VISIBLE,
    IS_LETTER: LETTER,
    IS_DIGIT: re.compile(r"\d"),
}


@cache
def bits() -> np.ndarray:
    """The bits of each character: uint8 [0x110000]."""
    table = np.zeros(_CHARACTERS, np.uint8)
    for bit, pattern in _PATTERNS.items():
        table[_matching(pattern)] |= bit
    return table


@cache
def weights() -> np.ndarray:
    """What a character of these bits adds to `lengths.weight`: uint8 [256]."""
    every = np.arange(256, dtype=np.uint8)
    weight: np.ndarray = 1 + 2 * (every & IS_HAN > 0) + (every & IS_SYLLABLE > 0)
    return weight.astype(np.uint8)


@cache
def own_letters(scripts: tuple[str, ...]) -> np.ndarray:
    """Which characters are letters of these scripts: bool [0x110000]."""
    table = np.zeros(_CHARACTERS, bool)
    table[_matching(pattern_of(scripts))] = True
    table &= bits() & IS_LETTER > 0
    return table


def _matching(pattern: _Pattern) -> np.ndarray:
    """The code points that match."""
    codes = np.concatenate([np.arange(plane << 16, (plane + 1) << 16, dtype="<u4") for plane in _PLANES])
    codes = codes[(codes < _SURROGATES[0]) | (codes >= _SURROGATES[1])]
    # In runs, which are far fewer than characters; the library that made the pattern knows its classes.
    several = f"(?:{pattern.pattern})+"
    compiled = re.compile(several) if isinstance(pattern, re.Pattern) else regex.compile(several)
    runs = compiled.finditer(codes.tobytes().decode("utf-32-le"))
    return np.concatenate([codes[run.start() : run.end()] for run in runs])
