"""The rows of one task, read as the corpus's format says, from this machine's files or TFX's file systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from pipeline.config import Languages
from pipeline.examples.tasks import ReadTask
from texts.formats.base import FORMATS, Reading
from texts.formats.files import is_elsewhere, open_here, refuse
from texts.formats.rows import Rejected, Remark, Row, Rows


def file_rows(task: ReadTask, languages: Languages, max_line_bytes: int) -> Rows:
    """Stream the rows of a task's file or files, in the run's languages or the corpus's own. Raises DataError
    for a file that cannot be used, or is of another kind than its format says, KindError where the code of
    an added format fails."""
    for _, path in task.files:
        task.corpus.check(path, open_anywhere)
    wanted = task.corpus.languages or languages
    reading = Reading(wanted.source, wanted.target, max_line_bytes, open_anywhere)
    with FORMATS.running(task.corpus.format):
        for row in task.corpus.rows(dict(task.files), reading):
            if not isinstance(row, Row | Rejected | Remark):
                raise TypeError(f"`rows` should yield what `make_row` makes, not {type(row).__name__}")
            yield row


@contextmanager
def open_anywhere(path: str) -> Iterator[IO[bytes]]:
    """An opener of this machine's files and, by URL, of TFX's file systems.

    TFX's bring TensorFlow with them, so they are asked for URLs only: what is here is looked at before
    TensorFlow is loaded.
    """
    if not is_elsewhere(path):
        with open_here(path) as file:
            yield file
        return
    import tensorflow as tf
    from tfx.dsl.io import fileio

    try:
        refuse(path, fileio.exists(path), fileio.isdir(path))
        with fileio.open(path, "rb") as file:
            yield file
    except tf.errors.OpError as error:
        raise OSError(str(error)) from error
