"""What no model is asked: symbols and white space, which come back as they are, and tags."""

from __future__ import annotations

from collections.abc import Iterable

from texts.cascade.draft import Draft, Piece, Segment, fixed

PLACE = 60
STAGE = "unasked"


def take(draft: Draft) -> None:
    """Fix segments in which there is no letter that is not protected."""

    def parts(segment: Segment) -> Iterable[Piece]:
        if any(character.isalpha() for character in segment.words):
            return (segment,)
        if segment.raw.strip():
            draft.note(STAGE, segment.raw, "no words: not asked")
        return fixed(segment.tokens)

    draft.change(parts)
