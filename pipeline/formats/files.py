"""Opens a corpus file, wherever TFX's file systems find it, as a stream of plain bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tfx.dsl.io import fileio

from pipeline.errors import DataError
from texts.compression import ByteSource, decompressed
from texts.errors import TextError


@contextmanager
def open_bytes(path: str) -> Iterator[ByteSource]:
    """The file's plain bytes.

    Raises DataError for a missing, damaged, cut or wrongly named file; for damage further in, `read` raises
    a TextError that becomes one.
    """
    refuse_missing(path)
    with fileio.open(path, "rb") as file:
        try:
            yield decompressed(path, file)
        except TextError as error:
            raise DataError(str(error)) from error


def refuse_missing(path: str) -> None:
    """Raise DataError for a file that is not there, or a folder."""
    if not fileio.exists(path):
        raise DataError(f"{path} does not exist; correct the path in the run's configuration")
    if fileio.isdir(path):
        raise DataError(f"{path} is a folder, not a corpus file; correct the path in the run's configuration")
