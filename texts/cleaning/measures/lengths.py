"""Lengths that can be compared between scripts with and without spaces."""

from __future__ import annotations

import regex

_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
SPACELESS = regex.compile(f"[{_SCRIPTS}]")
HAN = regex.compile(r"\p{Han}")
SYLLABLE = regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Hangul}]")
VISIBLE = regex.compile(r"[^\p{Separator}\p{Other}]")


def words(text: str) -> list[str]:
    """Runs between blanks; in scripts without spaces every character is a word. None where nothing is
    visible."""
    if text.isascii():
        return text.split()
    if not VISIBLE.search(text):
        return []
    return SPACELESS.sub(r" \g<0> ", text).split()


def weight(text: str) -> int:
    """Length in characters, where an ideograph counts as three and a kana or Hangul syllable as two.

    They spell what takes about so many letters of an alphabet, so that the ratio of two weights is near 1
    for most pairs of languages.
    """
    if text.isascii():
        return len(text)
    return len(text) + 2 * len(HAN.findall(text)) + len(SYLLABLE.findall(text))
