"""Opens a corpus file as a stream of plain bytes: one of this machine or, by its URL, of TFX's file systems.

TFX's bring TensorFlow with them, so they are asked for URLs only: what is here is looked at before TensorFlow
is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from contracts.errors import DataError
from texts.compression import ByteSource, decompressed


@contextmanager
def open_bytes(path: str) -> Iterator[ByteSource]:
    """The file's plain bytes.

    Raises DataError for a missing, damaged, cut or wrongly named file; for damage further in, `read` does.
    """
    with open_stored(path) as file:
        yield decompressed(path, file)


@contextmanager
def open_stored(path: str) -> Iterator[IO[bytes]]:
    """The file's bytes as they are stored. Raises DataError for one that is not there, or a folder."""
    if is_elsewhere(path):
        with _open_elsewhere(path) as file:
            yield file
        return
    _refuse(path, os.path.exists(path), os.path.isdir(path))
    with open(path, "rb") as file:
        yield file


def is_elsewhere(path: str) -> bool:
    """Whether TFX's file systems have to find it."""
    return "://" in path


@contextmanager
def _open_elsewhere(path: str) -> Iterator[IO[bytes]]:
    import tensorflow as tf
    from tfx.dsl.io import fileio

    try:
        _refuse(path, fileio.exists(path), fileio.isdir(path))
        with fileio.open(path, "rb") as file:
            yield file
    except tf.errors.OpError as error:
        raise OSError(str(error)) from error


def _refuse(path: str, exists: bool, is_folder: bool) -> None:
    if not exists:
        raise DataError(f"{path} does not exist; correct the path in the run's configuration")
    if is_folder:
        raise DataError(f"{path} is a folder, not a corpus file; correct the path in the run's configuration")
