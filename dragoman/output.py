"""Where a command writes its lines: standard output, a pipe, or a file as a whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

from contracts.files import replacing
from dragoman.console import err, fail


@contextmanager
def opened_output(target: str) -> Iterator[IO[bytes]]:
    """Standard output, a pipe or device as it stands, or a file that is replaced at the end."""
    if target == "-":
        yield sys.stdout.buffer
        return
    path = Path(os.path.realpath(target))
    opened = False
    try:
        special = path.exists() and not path.is_file()
        with path.open("wb") if special else _replaced(path) as file:
            opened = True
            yield file
    except OSError as error:  # reading fails elsewhere, and requests have errors of their own
        message = f"cannot write {target}: {error.strerror}"
        if opened:
            fail(message)
        raise typer.BadParameter(message) from error


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            yield file
    except KeyboardInterrupt:
        err.print(f"interrupted: nothing was written to {path}", markup=False)
        raise


@contextmanager
def until_the_reader_goes(file: IO[bytes]) -> Iterator[None]:
    """Flush at the end; that whoever reads has had enough, as `head` does, is no error."""
    try:
        yield
        file.flush()
    except BrokenPipeError:
        # Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
