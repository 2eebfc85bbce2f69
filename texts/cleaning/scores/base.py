"""What a cleaning score is: a module of this folder, or of a user's folder `cleaning_scores`, with one as
`SCORE`. It judges nothing: the threshold does (the section `cleaning`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from texts.cleaning.measures.columns import Measures, measure_texts
from texts.cleaning.measures.foreign import (
    ForeignText,
    find_foreign,
    find_foreign_languages,
    find_foreign_scripts,
)
from texts.cleaning.measures.lengths import weight, words


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


class TextBatch:
    """The columns of N sentence pairs, at least one, with what several scores ask of them, worked out once
    for all rows together."""

    def __init__(
        self,
        sources: Sequence[str],
        targets: Sequence[str],
        source_languages: Sequence[str],
        target_languages: Sequence[str],
        identify: bool = True,
    ) -> None:
        """`identify`: whether anybody asks in which languages the texts are, the dearest question of all."""
        self.sources, self.targets = sources, targets
        self.source_languages, self.target_languages = source_languages, target_languages
        self._identify = identify

    @classmethod
    def of(cls, pair: TextPair) -> TextBatch:
        """A single one."""
        return cls([pair.source], [pair.target], [pair.source_language], [pair.target_language])

    def __len__(self) -> int:
        return len(self.sources)

    @cached_property
    def pairs(self) -> list[TextPair]:
        """The rows, for scores that measure one at a time."""
        columns = self.sources, self.targets, self.source_languages, self.target_languages
        return list(map(TextPair, *columns))

    @cached_property
    def source(self) -> Measures:
        """Of all sources."""
        return measure_texts(self.sources, self.source_languages)

    @cached_property
    def target(self) -> Measures:
        """Of all targets."""
        return measure_texts(self.targets, self.target_languages)

    @cached_property
    def foreign(self) -> dict[int, ForeignText]:
        """By row, in their order, what pairs are in that are not all in what they should be in."""
        sides = (
            (self.sources, self.source_languages, self.source),
            (self.targets, self.target_languages, self.target),
        )
        columns = [find_foreign_languages(*side) if self._identify else {} for side in sides]
        columns += [find_foreign_scripts(*side) for side in sides]
        rows = sorted(set().union(*columns))
        return {row: ForeignText(*(column.get(row) for column in columns)) for row in rows}


class Score:
    """One or several numbers of a pair, as of its two sides, and the words for a pair that each rejects.

    It measures pair by pair, with `measure`, or many at a time, with `measure_all`: one of the two is enough.
    """

    reasons: ClassVar[tuple[str, ...]]
    """For the report, one for each number, as `too many words`."""
    threshold: ClassVar[float]
    """Where the configuration says `true`."""
    rejects: ClassVar[Literal["above", "below"]] = "above"

    def measure(self, pair: TextPair) -> tuple[float | None, ...]:
        """The R numbers; None where there is nothing to be said of the pair."""
        (numbers,) = self.measure_all(TextBatch.of(pair), np.ones(1, bool)).tolist()
        return tuple(None if number != number else number for number in numbers)  # NaN is not itself

    def measure_all(self, batch: TextBatch, asked: np.ndarray) -> np.ndarray:
        """The numbers of N pairs: float64 [N, R], NaN where there is nothing to be said. Of a pair that is
        not `asked` for (bool [N]), as others have rejected it, they may be any.
        """
        numbers = np.full((len(batch), len(self.reasons)), np.nan)
        for row in np.flatnonzero(asked).tolist():
            measured = self.measure(batch.pairs[row])
            if not isinstance(measured, tuple | list) or len(measured) != len(self.reasons):
                raise TypeError(f"`measure` should give a tuple of {len(self.reasons)}, not {measured!r}")
            numbers[row] = [np.nan if number is None else number for number in measured]
        return numbers
