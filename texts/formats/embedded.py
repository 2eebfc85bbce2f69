"""The corpus that the project generates itself, which splits itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Literal

from pydantic import Field

from contracts.errors import ConfigurationError
from contracts.examples import DEV, TEST, TRAIN
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
        grammar = _grammar()
        return f"{self.name}-{grammar.SEEN}", f"{self.name}-{grammar.UNSEEN}"

    def inputs(self) -> list[tuple[str | None, Files]]:
        return [(None, ())]

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        """The generated pairs, numbered from 1 in each split; those of `test` have a part, by which the
        Evaluator can slice."""
        del paths, reading
        generated = _grammar().generate(self.pairs, self.seed)
        for split, pairs in ((TRAIN, generated.train), (DEV, generated.dev), (TEST, generated.test)):
            for number, pair in enumerate(pairs, start=1):
                part = pair.slice if split == TEST else ""
                yield Row(pair.source.encode(), pair.target.encode(), number, split, part)


def _grammar() -> ModuleType:
    """The generator, which the client side is installed without: the other formats are there all the same.

    Raises:
        ConfigurationError: it is not here.
    """
    try:
        import grammar
    except ModuleNotFoundError:
        raise ConfigurationError(
            "`format: embedded` needs the generator, which is in the distribution dragoman-pipeline: "
            "pip install ./distributions/pipeline in Dragoman's checkout"
        ) from None
    return grammar
