"""What a model made of the corpus that it was given: `translation.json` in the folder of the Examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from pipeline.errors import DataError
from pipeline.examples.shards import Pair

FILE_NAME = "translation.json"
_SAMPLES = 3


class SplitTranslations(BaseModel):
    """One split: its sentences, those that the model said nothing to, and some of the first translations."""

    sentences: int = 0
    empty: int = 0
    samples: list[tuple[str, str]] = []

    def add(self, pair: Pair) -> None:
        """Count one more; its target is the translation."""
        self.sentences += 1
        if not pair.target.strip():
            self.empty += 1
        elif len(self.samples) < _SAMPLES:
            self.samples.append(
                (pair.source.decode("utf-8", "replace"), pair.target.decode("utf-8", "replace"))
            )


class TranslationCounts(BaseModel):
    """The splits that were translated."""

    splits: dict[str, SplitTranslations]


def count_translations(splits: Mapping[str, Iterable[Pair]]) -> TranslationCounts:
    """By split, in constant memory.

    Raises:
        DataError: nothing was said to any sentence of a split, so that nobody can learn from it.
    """
    counted = {split: SplitTranslations() for split in splits}
    for split, pairs in splits.items():
        for pair in pairs:
            counted[split].add(pair)
        if counted[split].sentences and counted[split].empty == counted[split].sentences:
            raise DataError(
                f"translate: the model said nothing to any of the {counted[split].sentences:,} sentences of "
                f"{split}, so that nobody can learn from its translations: train the model that translates "
                "for longer"
            )
    return TranslationCounts(splits=counted)


def read_counts(folder: Path) -> TranslationCounts:
    """Of the artifact's folder.

    Raises:
        OSError: there is none.
    """
    return TranslationCounts.model_validate_json((folder / FILE_NAME).read_text("utf-8"))
