"""Opens a corpus file as a stream of plain bytes. Who opens files of other file systems is handed in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO

from contracts.errors import DataError
from texts.compression import ByteSource, decompressed

Opener = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Gives the bytes of a file as they are stored; raises DataError for one that is not there, or a folder."""


@contextmanager
def open_here(path: str) -> Iterator[IO[bytes]]:
    """An opener of this machine's files."""
    refuse(path, os.path.exists(path), os.path.isdir(path))
    with open(path, "rb") as file:
        yield file


@contextmanager
def open_bytes(path: str, opener: Opener = open_here) -> Iterator[ByteSource]:
    """The file's plain bytes.

    Raises DataError for a missing, damaged, cut or wrongly named file; for damage further in, `read` does.
    """
    with opener(path) as file:
        yield decompressed(path, file)


def is_elsewhere(path: str) -> bool:
    """Whether it is a URL: a file of another file system than this machine's."""
    return "://" in path


def refuse(path: str, exists: bool, is_folder: bool) -> None:
    """Raise DataError for what is no file."""
    if not exists:
        raise DataError(f"{path} does not exist; correct the path in the run's configuration")
    if is_folder:
        raise DataError(f"{path} is a folder, not a corpus file; correct the path in the run's configuration")
