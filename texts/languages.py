"""Languages by their BCP 47 codes: which are taken, which mean the same, what scripts they are written in,
how words are found."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from langcodes import Language, LanguageTagError, tag_distance

BleuTokenizer = Literal["13a", "zh", "char"]

# BCP 47's own mark for a language that nobody has written down.
_UNKNOWN = "und"
# Registered, and no language: several ones, not coded, not linguistic.
_NONE = {"mul", "mis", "zxx"}
# Scripts that are written with several of Unicode's, or with one of another code (ISO 15924).
_UNICODE_SCRIPTS = {
    "Hans": ("Hani",),
    "Hant": ("Hani",),
    "Hanb": ("Hani", "Bopo"),
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Aran": ("Arab",),
    "Cyrs": ("Cyrl",),
    "Latf": ("Latn",),
    "Latg": ("Latn",),
}
# CLDR takes Ancient Greek for Linear B's kin, in which no corpus is written.
_SCRIPTS_OF_CORPORA = {"grc": "Grek"}
_NO_SPACES = {"Hira", "Thai", "Laoo", "Khmr", "Mymr"}
# By CLDR, of two primary languages of which one is the written form of the other: `no` and `nb`.
_SAME_LANGUAGE = 1


def check_language(language: str) -> str:
    """The code. Raises ValueError for what is none: `chinese` would match no text, and cleaning would reject
    every pair."""
    parsed = _parsed(language)
    primary, *rest = re.split("([-_])", language)
    if parsed is None or not 2 <= len(primary) <= 3:
        raise ValueError("write the language's BCP 47 code, as en, zh or pt-BR")
    if primary.lower() in _NONE or not parsed.is_valid():
        raise ValueError("no language has this code in BCP 47's registry: write one as en, zh or pt-BR")
    shorter = parsed.language or ""
    if len(shorter) < len(primary):
        raise ValueError(f"write {shorter}{''.join(rest)}, the shorter code of the same language")
    return language


def distance(language: str, wanted: str) -> int | None:
    """How far a text in `language` is from the language that is wanted, by CLDR: 0 is the same (`eng`, `en`),
    a variety is further (`en-GB` for `en`), None another language, or not the variety that is wanted.

    What the wanted code says must hold, spelt out or not: `zh-Hans` takes `zh-CN`, not `zh-TW`.
    """
    have, want = _parsed(language), _parsed(wanted)
    if have is None or want is None or not have.language or not want.language:
        return None
    if tag_distance(want.language, have.language) > _SAME_LANGUAGE:
        return None
    have_all, want_all = have.maximize(), want.maximize()
    is_variety = bool(want.script or want.territory)
    if is_variety and have_all.script != want_all.script:
        return None
    if want.territory and have_all.territory != want.territory:
        return None
    extras, wanted_extras = _extras(have), _extras(want)
    if not wanted_extras <= extras:
        return None
    if have == want:
        return 0
    return 1 + tag_distance(want, have) + 100 * len(extras - wanted_extras)


def alike(first: str, second: str) -> bool:
    """Whether one of two codes means a language and the other the same or a variety of it (`zh`, `zh-Hant`);
    two varieties (`pt-PT`, `pt-BR`) are not alike."""
    return distance(first, second) is not None or distance(second, first) is not None


def scripts_of(language: str) -> tuple[str, ...]:
    """Scripts in which a BCP 47 language is written, by Unicode's short names; a script subtag (`sr-Latn`)
    wins."""
    parsed = _parsed(language)
    if parsed is None:
        return ("Latn",)
    likely = _SCRIPTS_OF_CORPORA.get(parsed.language or "") or parsed.maximize().script or "Latn"
    script = parsed.script or likely
    return _UNICODE_SCRIPTS.get(script, (script,))


def tokenizer_of(language: str) -> BleuTokenizer:
    """sacreBLEU's for a target language. 13a finds words by spaces, so that a sentence written without any
    would be one word."""
    scripts = scripts_of(language)
    if scripts[0] == "Hani" and _NO_SPACES.isdisjoint(scripts):
        return "zh"
    return "13a" if _NO_SPACES.isdisjoint(scripts) else "char"


@lru_cache(maxsize=1024)
def _parsed(language: str) -> Language | None:
    """Today's code of a language: `iw` is `he`, `cmn` is `zh`; None for what is no code, or stands for no
    language."""
    try:
        parsed = Language.get(language).prefer_macrolanguage()
    except LanguageTagError:
        return None
    return None if parsed.language in (None, _UNKNOWN) else parsed


def _extras(language: Language) -> set[str]:
    """Dialects and what its users alone understand (`de-x-easy`)."""
    return {*(language.variants or ()), *([language.private] if language.private else ())}
