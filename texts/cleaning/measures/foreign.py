"""What a sentence pair is in, where it should be in something else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import regex

from texts.cleaning.measures.columns import Measures
from texts.cleaning.measures.identification import TOLD_FROM_WEIGHT, other_language
from texts.cleaning.measures.scripts import script_share

# Those that corpora are mostly written in, by Unicode's short names.
_SCRIPTS = ("Latn", "Cyrl", "Arab", "Hani", "Deva", "Grek", "Hebr", "Hang", "Hira", "Thai")
_OWN_SHARE = 0.5


class ForeignText(NamedTuple):
    """Languages (ISO 639) and scripts; None where they are as they should be, or cannot be told."""

    source_language: str | None
    target_language: str | None
    source_script: str | None
    target_script: str | None


def find_foreign(source: str, target: str, source_language: str, target_language: str) -> ForeignText:
    """Look at a pair, given the languages that it should be in."""
    return ForeignText(
        other_language(source_language)(source),
        other_language(target_language)(target),
        _other_script(source, source_language),
        _other_script(target, target_language),
    )


def find_foreign_languages(
    texts: Sequence[str], languages: Sequence[str], measures: Measures
) -> dict[int, str]:
    """The languages of those texts, by row, that are in another one than they should be."""
    others = {}
    for row in np.flatnonzero(measures.weight >= TOLD_FROM_WEIGHT).tolist():
        if other := other_language(languages[row])(texts[row]):
            others[row] = other
    return others


def find_foreign_scripts(
    texts: Sequence[str], languages: Sequence[str], measures: Measures
) -> dict[int, str]:
    """The scripts of those texts, by row, that are in another one than their languages."""
    others = {}
    for row in np.flatnonzero(measures.script_share < _OWN_SHARE).tolist():
        if other := _other_script(texts[row], languages[row]):
            others[row] = other
    return others


def _other_script(text: str, language: str) -> str | None:
    """The script that most of a text is written in, if the language is written in another."""
    if script_share(language)(text) >= _OWN_SHARE:
        return None
    counts = {script: len(_letters(script).findall(text)) for script in _SCRIPTS}
    most = max(counts, key=lambda script: counts[script])
    return most if counts[most] else None


@lru_cache(maxsize=len(_SCRIPTS))
def _letters(script: str) -> regex.Pattern[str]:
    return regex.compile(rf"\p{{Script={script}}}")
