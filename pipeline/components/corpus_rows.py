"""The rows of one task: picks the reader that the corpus's format asks for."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.components.examples_io import Pair
from pipeline.components.ingest_plan import BOTH, SOURCE, TARGET, ReadTask
from pipeline.components.splits import DEV, TEST, TRAIN
from pipeline.config import EmbeddedCorpus, FileCorpus, Languages, PairsCorpus
from pipeline.embedded import generate
from pipeline.formats.jsonl import read_jsonl
from pipeline.formats.pairs import read_pairs
from pipeline.formats.rows import Rows
from pipeline.formats.tmx import read_tmx
from pipeline.formats.tsv import read_tsv


def file_rows(task: ReadTask, languages: Languages, max_line_bytes: int) -> Rows:
    """Stream the rows of a task's file or files. Raises DataError for a file that cannot be used."""
    corpus, paths = task.corpus, dict(task.files)
    if isinstance(corpus, PairsCorpus):
        return read_pairs(paths[SOURCE], paths[TARGET], max_line_bytes)
    assert isinstance(corpus, FileCorpus)
    path, source, target = paths[BOTH], corpus.source_field, corpus.target_field
    if corpus.format == "tmx":
        return read_tmx(path, languages.source, languages.target, max_line_bytes)
    if corpus.format == "tsv":
        return read_tsv(path, int(source), int(target), max_line_bytes)
    return read_jsonl(path, str(source), str(target), max_line_bytes)


def embedded_rows(corpus: EmbeddedCorpus) -> Iterator[tuple[str, Pair]]:
    """The generated pairs with their splits, numbered from 1 in each.

    In `test` the corpus is named NAME-seen or NAME-unseen, so that the Evaluator can slice by it.
    """
    generated = generate(corpus.pairs, corpus.seed)
    for split, pairs in ((TRAIN, generated.train), (DEV, generated.dev), (TEST, generated.test)):
        for number, pair in enumerate(pairs, start=1):
            name = f"{corpus.name}-{pair.slice}" if split == TEST else corpus.name
            yield split, Pair(pair.source.encode(), pair.target.encode(), name.encode(), number)
