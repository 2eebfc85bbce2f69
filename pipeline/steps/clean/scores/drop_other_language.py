"""Whether a side is surely in another language."""

from __future__ import annotations

from pipeline.steps.clean.scores.base import Score, TextPair

# Below, it may be a name, a title or a quotation.
_FROM_WORDS = 6


class OtherLanguage(Score):
    """1 or 0 for each side."""

    reasons = ("source in another language", "target in another language")
    threshold = 0

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        foreign = pair.foreign
        return (
            _surely(foreign.source_language, pair.source_words),
            _surely(foreign.target_language, pair.target_words),
        )


def _surely(language: str | None, words: list[str]) -> float:
    return float(language is not None and len(words) >= _FROM_WORDS)


SCORE = OtherLanguage()
