"""Sentences that are in the target's language already, though the text is said to be in another."""

from __future__ import annotations

from collections.abc import Iterable

from texts.cascade.answers import IN_TARGET
from texts.cascade.draft import Draft, Fixed, Piece, Segment
from texts.cascade.identification import identify, is_installed
from texts.tags import primary_subtag

PLACE = 58
STAGE = "foreign"

_LETTERS = 20
"""Fewer fit several languages."""
_BELIEVED = 0.95


def take(draft: Draft) -> None:
    """Fix those of which it is sure, among all languages; without a detector none is looked at."""
    target = primary_subtag(draft.options.target).lower()
    if draft.options.source is None or target == primary_subtag(draft.source).lower() or not is_installed():
        return

    def parts(segment: Segment) -> Iterable[Piece]:
        if sum(map(str.isalpha, segment.words)) < _LETTERS:
            return (segment,)
        languages = identify(segment.words)
        if not languages or languages[0].language != target or languages[0].confidence < _BELIEVED:
            return (segment,)
        draft.note(STAGE, segment.raw, IN_TARGET)
        return (Fixed(segment.raw, segment.raw),)

    draft.change(parts)
