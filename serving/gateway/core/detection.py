"""Which language a text is in, of those that can be translated."""

from __future__ import annotations

from collections.abc import Sequence

from texts.cascade import Detected
from texts.cascade.identification import identify


def detect(text: str, sources: Sequence[str]) -> list[Detected]:
    """The languages that a text may be in, likeliest first, at least one; of one without a letter, and where
    it is likely in none of these, the confidence is next to nothing.
    """
    return identify(text, sources) or [Detected(source, 0.0) for source in sources[:1]]
