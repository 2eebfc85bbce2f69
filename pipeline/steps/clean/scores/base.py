"""What a cleaning score is: a module of this folder, or of a user's folder `cleaning_scores`, with one as
`SCORE`. It judges nothing: the threshold does (`pipeline.steps.clean.rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from pipeline.steps.clean.measures.foreign import ForeignText, find_foreign
from pipeline.steps.clean.measures.lengths import weight, words


@dataclass(frozen=True)
class TextPair:
    """A sentence pair with what several scores ask of it, worked out once; characters are code points."""

    source: str
    target: str
    source_language: str
    target_language: str

    @cached_property
    def source_words(self) -> list[str]:
        """See `words`."""
        return words(self.source)

    @cached_property
    def target_words(self) -> list[str]:
        """See `words`."""
        return words(self.target)

    @cached_property
    def weights(self) -> tuple[int, int]:
        """Of the shorter and the longer side: see `weight`."""
        shorter, longer = sorted((weight(self.source), weight(self.target)))
        return shorter, longer

    @cached_property
    def foreign(self) -> ForeignText:
        """What it is in, where that is not what it should be in."""
        return find_foreign(self.source, self.target, self.source_language, self.target_language)


class Score:
    """One or several numbers of a pair, as of its two sides, and the words for a pair that each rejects."""

    reasons: ClassVar[tuple[str, ...]]
    """For the report, one for each number, as `too many words`."""
    threshold: ClassVar[float]
    """Where the configuration says `true`."""
    rejects: ClassVar[Literal["above", "below"]] = "above"

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        """The numbers; None where there is nothing to be said of the pair."""
        raise NotImplementedError
