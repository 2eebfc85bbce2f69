"""Sentences that begin with © stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

from texts.cascade.draft import Draft, Fixed, Piece, Segment

PLACE = 56
"""After `split` (50), which makes a segment of each sentence, and before `unasked` (60)."""


def take(draft: Draft) -> None:
    """Take such segments from what a model is asked."""

    def parts(segment: Segment) -> Iterator[Piece]:
        if segment.words.lstrip().startswith("©"):
            draft.note("copyright", segment.raw, segment.raw)
            yield Fixed(segment.raw, segment.raw)
        else:
            yield segment

    draft.change(parts)
