"""A look into the corpora before a run: whether their first rows have what the configuration names, and
whether few sentences can give the vocabulary that is asked for. Without TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from contracts.examples import TRAIN
from pipeline.config import RunConfig
from pipeline.errors import DataError
from pipeline.examples.tasks import ReadTask
from pipeline.steps.ingest.corpus_rows import file_rows
from texts.formats.files import is_elsewhere
from texts.formats.rows import Rejected, Remark, Row, RowFault

_FIRST_ROWS = 1000
"""That are looked at for one that can be read."""
_NAMED = frozenset((RowFault.COLUMNS, RowFault.FIELD))
"""What is wrong with rows that lack what the configuration names."""
_FEW_PAIRS = 20_000
"""Up to so many pairs are looked at for what vocabulary they allow; more allow any that is in use."""


def refuse_without_fields(config: RunConfig, tasks: Sequence[ReadTask]) -> None:
    """Look into the files of this machine.

    Raises:
        DataError: a file is of another kind than its format, or lacks the columns or fields.
    """
    for task in tasks:
        if _can_be_read(task):
            _refuse_without_fields(config, task)


def refuse_large_vocabulary(config: RunConfig, tasks: Sequence[ReadTask]) -> None:
    """Look into the files, where all are of this machine.

    Raises:
        DataError: all training sentences together are too few for `vocabulary.size`.
    """
    if all(map(_can_be_read, tasks)):
        _refuse_large_vocabulary(config, [task for task in tasks if task.split in (TRAIN, None)])


def _can_be_read(task: ReadTask) -> bool:
    """The embedded corpus has no files; those of other file systems are left to TFX."""
    return bool(task.files) and not any(is_elsewhere(path) for _, path in task.files)


def _rows(config: RunConfig, task: ReadTask) -> Iterator[Row | Rejected]:
    for row in file_rows(task, config.languages, config.ingest.max_line_bytes):
        if not isinstance(row, Remark):
            yield row


def _refuse_without_fields(config: RunConfig, task: ReadTask) -> None:
    reasons: Counter[RowFault] = Counter()
    for row in islice(_rows(config, task), _FIRST_ROWS):
        if isinstance(row, Row):
            return
        reasons[row.reason] += 1
    if reasons and _NAMED.issuperset(reasons):
        raise DataError(
            f"corpus `{task.corpus.name}`: {' and '.join(path for _, path in task.files)}: the first "
            f"{reasons.total():,} rows lack what is asked for ({', '.join(reasons)}): correct `source_field` "
            "and `target_field`, or take the right file"
        )


def _refuse_large_vocabulary(config: RunConfig, tasks: Sequence[ReadTask]) -> None:
    """Let SentencePiece try, where the sentences are so few that it may fail."""
    pairs: list[tuple[str, str]] = []
    words = _Words(config)
    for row in (row for task in tasks for row in _rows(config, task)):
        if isinstance(row, Rejected):
            continue
        pair = row.source.decode(), row.target.decode()
        pairs.append(pair)
        if words.suffice(pair) or len(pairs) > _FEW_PAIRS:
            return
    if not pairs:
        return  # the run says by file why no row is left

    from trainer.errors import VocabularyTooLargeError
    from trainer.vocabulary import learn_vocabulary

    try:
        learn_vocabulary(config.vocabulary, (source for source, _ in pairs), (target for _, target in pairs))
    except VocabularyTooLargeError as error:
        raise DataError(f"{error} (of {len(pairs):,} training pairs, before they are cleaned)") from error


class _Words:
    """Counts the words that come again: each of them can be a piece, so with enough of them every size is
    allowed."""

    def __init__(self, config: RunConfig) -> None:
        self._size = max(config.vocabulary.side(name).size for name in ("source", "target"))
        seen: tuple[set[str], set[str]] = (set(), set())
        again: tuple[set[str], set[str]] = (set(), set())
        shared = config.vocabulary.shared
        self._seen = (seen[0], seen[0]) if shared else seen
        self._again = (again[0], again[0]) if shared else again

    def suffice(self, pair: Iterable[str]) -> bool:
        """Count the words of one more pair."""
        for text, seen, again in zip(pair, self._seen, self._again, strict=True):
            words = set(text.split())
            again |= words & seen
            seen |= words
        return min(map(len, self._again)) >= self._size
