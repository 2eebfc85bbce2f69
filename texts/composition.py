"""Every spelling of the characters that Unicode's normal form C composes
(UAX 15, https://unicode.org/reports/tr15/)."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

_LAST = 0x30000
"""No character from here on has a decomposition."""
_SURROGATES = range(0xD800, 0xE000)


def compositions() -> dict[str, str]:
    """Spelling → its form NFC, wherever the two differ.

    A spelling is any string that is canonically equivalent to one character: marks apart, some of them
    composed already, in any order that means the same, or of characters that Unicode has twice (ANGSTROM
    SIGN). Not here, as they are no end of strings: more marks on a letter than one character has, where their
    order is not canonical.
    """
    alike: dict[str, list[str]] = defaultdict(list)  # Characters by their full decomposition.
    for code in range(_LAST):
        apart = unicodedata.normalize("NFD", chr(code))
        if code not in _SURROGATES and apart != chr(code):
            alike[apart].append(chr(code))
    forms: dict[str, str] = {}
    for apart in alike:
        together = unicodedata.normalize("NFC", apart)
        forms |= {spelling: together for spelling in _spellings(apart, alike) if spelling != together}
    return {**_before_two_marks(forms), **forms}


def _before_two_marks(forms: dict[str, str]) -> dict[str, str]:
    """A letter with U+0344, the one mark that stands for two: the letter composes with the first of them."""
    return {
        spelling.replace("\u0308", "\u0344"): unicodedata.normalize("NFC", together + "\u0301")
        for spelling, together in forms.items()
        if len(spelling) > 1 and spelling.endswith("\u0308")
    }


def _spellings(apart: str, alike: dict[str, list[str]]) -> set[str]:
    """All that is equivalent to a full decomposition."""
    equivalents, todo = {apart}, [apart]
    while todo:
        new = set(_neighbours(todo.pop(), alike)) - equivalents
        equivalents |= new
        todo += new
    return equivalents


def _neighbours(spelling: str, alike: dict[str, list[str]]) -> Iterator[str]:
    """Spellings one step away: two marks the other way round, or a part of it as one character."""
    for at in range(len(spelling) - 1):
        first, second = map(unicodedata.combining, spelling[at : at + 2])
        if first and second and first != second:  # Marks in different places about the letter.
            yield spelling[:at] + spelling[at + 1] + spelling[at] + spelling[at + 2 :]
    for start in range(len(spelling)):
        for end in range(start + 1, len(spelling) + 1):
            for character in alike.get(spelling[start:end], ()):
                yield spelling[:start] + character + spelling[end:]
