"""The language of a text that nobody said it of; what is in the target's already is not translated."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from texts.cascade.answers import Detected
from texts.cascade.draft import Draft, Fixed
from texts.cascade.identification import identify
from texts.tags import primary_subtag

PLACE = 20
STAGE = "detect"

_BELIEVED = 0.7
"""Below, a text that seems to be in the target's language is taken for the likeliest source."""
_SEGMENTS = 50
"""Of a text that are looked at."""


def take(draft: Draft) -> None:
    """Find the source language, of those that there are models from or the target's."""
    options = draft.options
    words = " ".join(segment.words for segment in islice(draft.segments(), _SEGMENTS))
    if options.source is not None or not words.strip():
        return
    among = (*options.sources, options.target) if options.sources else ()
    languages = identify(words, among)
    if not languages:
        return
    best = languages[0]
    if not _is_target(best.language, options.target):
        _set_source(draft, best)
    elif best.confidence >= _BELIEVED or not _others(languages, options.target):
        draft.detected, draft.source = best, best.language
        draft.note(STAGE, best.language, "in the target's language: as it is")
        draft.change(lambda segment: (Fixed(segment.raw, segment.raw),))
    else:
        _set_source(draft, _others(languages, options.target)[0])


def _set_source(draft: Draft, language: Detected) -> None:
    draft.detected, draft.source = language, language.language
    draft.note(STAGE, language.language, f"detected, confidence {language.confidence:.2f}")


def _others(languages: Sequence[Detected], target: str) -> list[Detected]:
    return [language for language in languages if not _is_target(language.language, target)]


def _is_target(language: str, target: str) -> bool:
    return primary_subtag(language).lower() == primary_subtag(target).lower()
