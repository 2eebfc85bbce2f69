"""What languages are called (CLDR, by Babel)."""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError


def english_name(code: str) -> str:
    """`German` for `de`, `Chinese (Taiwan)` for `zh-TW`; the code itself where it has no name."""
    return name_in("en", code)


@cache
def name_in(language: str, code: str) -> str:
    """What a language is called in another one, in English where that is not known."""
    readers = _locale(language) or Locale("en")
    if name := readers.languages.get(code.replace("-", "_")):
        return str(name)
    locale = _locale(code)
    return str((locale and locale.get_display_name(readers)) or code)


def _locale(code: str) -> Locale | None:
    try:
        return Locale.parse(code.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return None
