"""What cleaning saw, kept and rejected: `cleaning.json`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from pydantic import BaseModel
from tfx.dsl.io import fileio

from texts.cleaning.measures.foreign import ForeignText
from texts.cleaning.scores.base import TextBatch
from texts.normalisation import normalise

FILE_NAME = "cleaning.json"
EXAMPLES_KEPT = 5
_SHOWN_CHARACTERS = 300
_WORD_BIN, _CHARACTER_BIN = 5, 20
_LAST_BIN = 40  # counts all that is longer


class Example(BaseModel):
    """A rejected pair, cut to a readable length."""

    corpus: str
    line: int
    source: str
    target: str


class Rejection(BaseModel):
    """One reason: how often, in which corpora, and the first pairs."""

    count: int = 0
    by_corpus: dict[str, int] = {}
    examples: list[Example] = []

    def add(self, corpus: str, line: int, source: str, target: str) -> None:
        """Count one more pair."""
        self.count += 1
        self.by_corpus[corpus] = self.by_corpus.get(corpus, 0) + 1
        if len(self.examples) < EXAMPLES_KEPT:
            cut = (source[:_SHOWN_CHARACTERS], target[:_SHOWN_CHARACTERS])
            self.examples.append(Example(corpus=corpus, line=line, source=cut[0], target=cut[1]))


class LengthCounts(BaseModel):
    """Counts by length: entry i counts lengths from i * width up to the next; the last entry all beyond."""

    width: int
    counts: list[int] = [0] * (_LAST_BIN + 1)

    def add(self, lengths: np.ndarray) -> None:
        """Count lengths: int64 [N]."""
        bins = np.bincount(np.minimum(lengths // self.width, _LAST_BIN), minlength=_LAST_BIN + 1)
        self.counts = [before + more for before, more in zip(self.counts, bins.tolist(), strict=True)]


class Lengths(BaseModel):
    """The four histograms of a set of pairs."""

    source_words: LengthCounts = LengthCounts(width=_WORD_BIN)
    target_words: LengthCounts = LengthCounts(width=_WORD_BIN)
    source_characters: LengthCounts = LengthCounts(width=_CHARACTER_BIN)
    target_characters: LengthCounts = LengthCounts(width=_CHARACTER_BIN)

    def add(self, batch: TextBatch, rows: Sequence[int] | None = None) -> None:
        """Count the pairs of these rows, or all."""
        some = slice(None) if rows is None else np.array(rows, np.intp)
        self.source_words.add(batch.source.words[some])
        self.target_words.add(batch.target.words[some])
        self.source_characters.add(batch.source.characters[some])
        self.target_characters.add(batch.target.characters[some])


class LanguageCounts(BaseModel):
    """What a corpus's sentences of a split are in: how many there are, and by language and by script those
    that are in another one than they should be, on each side."""

    sentences: int = 0
    source_languages: dict[str, int] = {}
    target_languages: dict[str, int] = {}
    source_scripts: dict[str, int] = {}
    target_scripts: dict[str, int] = {}

    def add(self, sides: ForeignText) -> None:
        """Count what one of its pairs is in."""
        for counts, value in zip(self._counts(), sides, strict=True):
            if value is not None:
                counts[value] = counts.get(value, 0) + 1

    def merge(self, other: LanguageCounts) -> None:
        """Count those of another shard, too."""
        self.sentences += other.sentences
        for mine, theirs in zip(self._counts(), other._counts(), strict=True):
            _add_counts(mine, theirs)

    def _counts(self) -> tuple[dict[str, int], ...]:
        return self.source_languages, self.target_languages, self.source_scripts, self.target_scripts


class Changes(BaseModel):
    """How many sources and targets (of dev and test, the references) are other text than in the corpus, and
    in how many pairs `repair` did something, which requests do not go through.
    """

    sources: int = 0
    targets: int = 0
    repaired: int = 0

    def add(self, before: tuple[bytes, bytes], after: tuple[bytes, bytes]) -> None:
        """Count a pair's changes."""
        changed = [old != new for old, new in zip(before, after, strict=True)]
        self.sources += changed[0]
        self.targets += changed[1]
        self.repaired += any(changed) and any(
            normalise(old.decode()).encode() != new for old, new in zip(before, after, strict=True)
        )


class CleaningReport(BaseModel):
    """Totals are per split and corpus, changes per split (of pairs that are kept); rejections and lengths are
    those of the train split. `rejected` has one entry per reason that struck.
    """

    before: dict[str, dict[str, int]] = {}
    after: dict[str, dict[str, int]] = {}
    sides: dict[str, dict[str, LanguageCounts]] = {}
    changed: dict[str, Changes] = {}
    rejected: dict[str, Rejection] = {}
    lengths_before: Lengths = Lengths()
    lengths_after: Lengths = Lengths()

    def look(self, split: str, corpora: Sequence[str], foreign: Mapping[int, ForeignText]) -> None:
        """Count what pairs are in, given the corpus of each; `foreign`: by row, those that are in something
        else than they should be.
        """
        sides = self.sides.setdefault(split, {})
        for corpus, sentences in Counter(corpora).items():
            sides.setdefault(corpus, LanguageCounts()).sentences += sentences
        for row, text in foreign.items():
            sides[corpora[row]].add(text)

    def total(self, split: str, *, after: bool = True) -> int:
        """Pairs of a split over all corpora."""
        return sum((self.after if after else self.before).get(split, {}).values())


def count(totals: dict[str, dict[str, int]], split: str, corpora: Sequence[str]) -> None:
    """Count pairs of a split, given the corpus of each."""
    if corpora:
        _add_counts(totals.setdefault(split, {}), Counter(corpora))


def merged(reports: Iterable[CleaningReport]) -> CleaningReport:
    """The report of several shards together; examples are those of the first shards."""
    whole = CleaningReport()
    for report in reports:
        for mine, theirs in ((whole.before, report.before), (whole.after, report.after)):
            for split, corpora in theirs.items():
                _add_counts(mine.setdefault(split, {}), corpora)
        for split, sides in report.sides.items():
            for corpus, counted in sides.items():
                whole.sides.setdefault(split, {}).setdefault(corpus, LanguageCounts()).merge(counted)
        for split, changes in report.changed.items():
            into_changes = whole.changed.setdefault(split, Changes())
            for name in Changes.model_fields:
                setattr(into_changes, name, getattr(into_changes, name) + getattr(changes, name))
        for reason, rejection in report.rejected.items():
            into = whole.rejected.setdefault(reason, Rejection())
            into.count += rejection.count
            _add_counts(into.by_corpus, rejection.by_corpus)
            into.examples = (into.examples + rejection.examples)[:EXAMPLES_KEPT]
        for lengths, more in (
            (whole.lengths_before, report.lengths_before),
            (whole.lengths_after, report.lengths_after),
        ):
            for name in Lengths.model_fields:
                into_counts, from_counts = getattr(lengths, name).counts, getattr(more, name).counts
                getattr(lengths, name).counts = [a + b for a, b in zip(into_counts, from_counts, strict=True)]
    return whole


def _add_counts(into: dict[str, int], more: dict[str, int]) -> None:
    for key, number in more.items():
        into[key] = into.get(key, 0) + number


def write_cleaning_report(report: CleaningReport, folder: str) -> None:
    """Write the report into the folder of its artifact."""
    with fileio.open(os.path.join(folder, FILE_NAME), "w") as file:
        file.write(report.model_dump_json(indent=2))


def read_cleaning_report(folder: str) -> CleaningReport:
    """Read the report from the folder of its artifact."""
    with fileio.open(os.path.join(folder, FILE_NAME), "rb") as file:
        return CleaningReport.model_validate_json(file.read())
