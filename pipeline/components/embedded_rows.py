"""The rows of the embedded corpus, which splits itself."""

from __future__ import annotations

from collections.abc import Iterator

from grammar import generate
from pipeline.components.examples_io import Pair
from pipeline.components.splits import DEV, TEST, TRAIN
from pipeline.config import EmbeddedCorpus


def embedded_rows(corpus: EmbeddedCorpus) -> Iterator[tuple[str, Pair]]:
    """The generated pairs with their splits, numbered from 1 in each.

    In `test` the corpus is named NAME-seen or NAME-unseen, so that the Evaluator can slice by it.
    """
    generated = generate(corpus.pairs, corpus.seed)
    for split, pairs in ((TRAIN, generated.train), (DEV, generated.dev), (TEST, generated.test)):
        for number, pair in enumerate(pairs, start=1):
            name = f"{corpus.name}-{pair.slice}" if split == TEST else corpus.name
            yield split, Pair(pair.source.encode(), pair.target.encode(), name.encode(), number)
