"""What languages are called (CLDR, by Babel)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

LONGEST_CODE = 35
"""Characters that no tag of a language is longer than (RFC 5646, 4.4.1)."""


def english_name(code: str) -> str:
    """`German` for `de`, `Chinese (Taiwan)` for `zh-TW`; the code itself where it has no name."""
    return name_in("en", code)


def name_in(language: str, code: str) -> str:
    """What a language is called in another one, in English where that is not known."""
    # What clients say is no key of the cache before it is one of the locales that there are.
    return _name(str(_locale(language) or "en"), code)


@lru_cache(1024)
def _name(language: str, code: str) -> str:
    readers = Locale.parse(language)
    if name := readers.languages.get(code.replace("-", "_")):
        return str(name)
    locale = _locale(code)
    return str((locale and locale.get_display_name(readers)) or code)


def _locale(code: str) -> Locale | None:
    if len(code) > LONGEST_CODE:
        return None
    try:
        return Locale.parse(code.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return None
