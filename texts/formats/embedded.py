"""The corpus that the project generates itself, which splits itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from contracts.examples import DEV, TEST, TRAIN
from grammar import SEEN, UNSEEN, generate
from texts.formats.base import Corpus, Files, Reading
from texts.formats.rows import Row, Rows


class EmbeddedCorpus(Corpus):
    """The corpus that the project generates itself (English-German)."""

    format: Literal["embedded"] = "embedded"
    name: str = "embedded"
    pairs: int = Field(20_000, ge=100)
    seed: int = 1

    @property
    def tested_as(self) -> tuple[str, ...]:
        return f"{self.name}-{SEEN}", f"{self.name}-{UNSEEN}"

    def inputs(self) -> list[tuple[str | None, Files]]:
        return [(None, ())]

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        """The generated pairs, numbered from 1 in each split; those of `test` have a part, by which the
        Evaluator can slice."""
        del paths, reading
        generated = generate(self.pairs, self.seed)
        for split, pairs in ((TRAIN, generated.train), (DEV, generated.dev), (TEST, generated.test)):
            for number, pair in enumerate(pairs, start=1):
                part = pair.slice if split == TEST else ""
                yield Row(pair.source.encode(), pair.target.encode(), number, split, part)
