"""The language of a text that nobody said it of; what is in the target's already is not translated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from texts.cascade.answers import IN_TARGET, Detected
from texts.cascade.attributes import shown_values
from texts.cascade.draft import Draft, Fixed
from texts.cascade.identification import identify
from texts.tags import is_same_language

PLACE = 20
STAGE = "detect"

_BELIEVED = 0.7
"""Below, a text that seems to be in the target's language is taken for the likeliest source."""
_PARTS = 50
"""Sentences, or values of tags, that are looked at."""


def take(draft: Draft) -> None:
    """Find the source language, of those that there are models from or the target's."""
    options = draft.options
    if options.source is not None:
        return
    among = (*options.sources, options.target) if options.sources else ()
    languages = _languages((segment.words for segment in draft.segments()), among)
    # A text whose only words are what its tags show is in their language.
    languages = languages or _languages(shown_values(draft), among)
    if not languages:
        return
    best = languages[0]
    if not is_same_language(best.language, options.target):
        _set_source(draft, best)
    elif best.confidence >= _BELIEVED or not _others(languages, options.target):
        draft.detected, draft.source = best, best.language
        draft.note(STAGE, best.language, IN_TARGET)
        draft.change(lambda segment: (Fixed(segment.raw, segment.raw),))
    else:
        _set_source(draft, _others(languages, options.target)[0])


def _languages(parts: Iterable[str], among: Sequence[str]) -> list[Detected]:
    words = " ".join(islice(parts, _PARTS))
    return identify(words, among) if words.strip() else []


def _set_source(draft: Draft, language: Detected) -> None:
    draft.detected, draft.source = language, language.language
    draft.note(STAGE, language.language, f"detected, confidence {language.confidence:.2f}")


def _others(languages: Sequence[Detected], target: str) -> list[Detected]:
    return [language for language in languages if not is_same_language(language.language, target)]
