"""Which language a text is in, of those that can be translated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import eldc

from texts.cascade import Detected
from texts.tags import primary_subtag

_SCORES = 60
_READ = 2000
"""Characters of a text that are looked at: more say no more, and take longer."""


@cache
def _detector() -> Any:
    eldc.init()
    detector = eldc.instance()
    detector.set_scores(_SCORES)
    return detector


def detect(text: str, among: Sequence[str]) -> list[Detected]:
    """The languages that a text may be in, likeliest first, of these and at least one."""
    scores = _detector().detect_details(text[:_READ].replace("\0", " ")).scores
    total = sum(scores.values()) or 1.0
    by_language = {language: scores.get(primary_subtag(language).lower(), 0.0) / total for language in among}
    ranked = sorted(by_language.items(), key=lambda one: -one[1])
    kept = [one for one in ranked if one[1] > 0] or ranked[:1]
    return [Detected(*one) for one in kept]
