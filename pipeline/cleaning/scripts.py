"""The share of a text's letters that belong to the scripts of its language.

Letters count by their weight (`lengths`), so that one Latin name does not outvote a short Chinese
sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import regex

from pipeline.cleaning.lengths import weight

# BCP 47 language subtags by Unicode script, for languages not written in Latin by default (CLDR likely
# subtags).
_LANGUAGES = {
    "Cyrillic": "ru uk be bg mk sr kk ky mn tg tt ba cv os ce ab",
    "Greek": "el grc",
    "Arabic": "ar fa ur ps sd ug ckb ks",
    "Hebrew": "he iw yi",
    "Devanagari": "hi mr ne sa mai bho",
    "Bengali": "bn as",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Oriya": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Khmer": "km",
    "Myanmar": "my",
    "Tibetan": "bo dz",
    "Georgian": "ka",
    "Armenian": "hy",
    "Ethiopic": "am ti",
    "Han": "zh yue wuu lzh",
}
_BY_LANGUAGE: dict[str, tuple[str, ...]] = {
    code: (script,) for script, codes in _LANGUAGES.items() for code in codes.split()
}
_BY_LANGUAGE["ja"] = ("Han", "Hiragana", "Katakana")
_BY_LANGUAGE["ko"] = ("Hangul", "Han")
_BY_SUBTAG = {"latn": ("Latin",), "cyrl": ("Cyrillic",), "arab": ("Arabic",), "deva": ("Devanagari",)}
_LETTER = regex.compile(r"\p{L}")


def scripts_of(language: str) -> tuple[str, ...]:
    """Unicode scripts in which a BCP 47 language is written; a script subtag (`sr-Latn`) wins."""
    primary, *subtags = language.replace("_", "-").lower().split("-")
    for subtag in subtags:
        if subtag in _BY_SUBTAG:
            return _BY_SUBTAG[subtag]
    return _BY_LANGUAGE.get(primary, ("Latin",))


@cache
def script_share(language: str) -> Callable[[str], float]:
    """A function from text to the share of its letters in the scripts of the language; 1.0 without any
    letter."""
    scripts = scripts_of(language)
    own = regex.compile("[" + "".join(rf"\p{{Script={script}}}" for script in scripts) + r"]")
    latin = scripts == ("Latin",)

    def share(text: str) -> float:
        if latin and text.isascii():
            return 1.0
        letters = "".join(_LETTER.findall(text))
        return weight("".join(own.findall(letters))) / weight(letters) if letters else 1.0

    return share
