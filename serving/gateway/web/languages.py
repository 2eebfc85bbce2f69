"""What languages are called (CLDR, by Babel)."""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError

from texts.tags import primary_subtag


@cache
def english_name(code: str) -> str:
    """`German` for `de`, `Chinese (Taiwan)` for `zh-TW`; the code itself where it has no name."""
    names = Locale("en").languages
    if name := names.get(code.replace("-", "_")):
        return str(name)
    try:
        locale = Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        return str(names.get(primary_subtag(code).lower(), code))
    return str(locale.get_display_name("en") or code)
