"""The rows of one task: picks the reader that the corpus's format asks for."""

from __future__ import annotations

from pipeline.components.ingest_plan import BOTH, SOURCE, TARGET, ReadTask
from pipeline.config import FileCorpus, Languages, PairsCorpus
from texts.formats.csv_rows import read_csv
from texts.formats.files import open_bytes
from texts.formats.jsonl import read_jsonl
from texts.formats.kinds import HEAD_BYTES, refuse_foreign
from texts.formats.moses import read_moses
from texts.formats.pairs import read_pairs
from texts.formats.po import read_po
from texts.formats.rows import Rows
from texts.formats.tmx import read_tmx
from texts.formats.tsv import read_tsv
from texts.formats.xliff import read_xliff


def file_rows(task: ReadTask, languages: Languages, max_line_bytes: int) -> Rows:
    """Stream the rows of a task's file or files. Raises DataError for a file that cannot be used, or is of
    another kind than its format says."""
    for _, path in task.files:
        _refuse_foreign(path, task.corpus.format)
    yield from _reader(task, languages, max_line_bytes)


def _refuse_foreign(path: str, corpus_format: str) -> None:
    if corpus_format == "moses":  # its reader looks into the archive
        return
    with open_bytes(path) as stream:
        refuse_foreign(path, stream.read(HEAD_BYTES), corpus_format)


def _reader(task: ReadTask, languages: Languages, max_line_bytes: int) -> Rows:
    corpus, paths = task.corpus, dict(task.files)
    if isinstance(corpus, PairsCorpus):
        return read_pairs(paths[SOURCE], paths[TARGET], max_line_bytes)
    assert isinstance(corpus, FileCorpus)
    path, fields = paths[BOTH], (corpus.source_field, corpus.target_field)
    both = (languages.source, languages.target)
    match corpus.format:
        case "tmx":
            return read_tmx(path, *both, max_line_bytes)
        case "xliff":
            return read_xliff(path, *both, max_line_bytes)
        case "po":
            return read_po(path, *both, max_line_bytes)
        case "moses":
            return read_moses(path, *both, max_line_bytes)
        case "tsv":
            return read_tsv(path, *fields, both, max_line_bytes)
        case "csv":
            return read_csv(path, *fields, corpus.delimiter, both, max_line_bytes)
        case "jsonl":
            return read_jsonl(path, str(fields[0]), str(fields[1]), max_line_bytes)
