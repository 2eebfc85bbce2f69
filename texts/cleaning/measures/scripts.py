"""The share of a text's letters that belong to the scripts of its language.

Letters count by their weight (`lengths`), so that one Latin name does not outvote a short Chinese
sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import regex

from texts.cleaning.measures.lengths import weight
from texts.languages import scripts_of

LETTER = regex.compile(r"\p{L}")


@cache
def script_share(language: str) -> Callable[[str], float]:
    """A function from text to the share of its letters in the scripts of the language; 1.0 without any
    letter."""
    scripts = scripts_of(language)
    own = pattern_of(scripts)
    latin = scripts == ("Latn",)

    def share(text: str) -> float:
        if latin and text.isascii():
            return 1.0
        letters = "".join(LETTER.findall(text))
        return weight("".join(own.findall(letters))) / weight(letters) if letters else 1.0

    return share


@cache
def pattern_of(scripts: tuple[str, ...]) -> regex.Pattern[str]:
    """A character of these scripts, by Unicode's short names."""
    return regex.compile("[" + "".join(rf"\p{{Script={script}}}" for script in scripts) + "]")
