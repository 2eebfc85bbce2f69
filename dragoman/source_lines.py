"""The lines of a file, of standard input or of the command line, as text, counted."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO

import typer

from dragoman.console import err, fail

_PIECE_BYTES = 1 << 13  # so that a bar moves, and a pipe is not waited for longer than needed


class SourceLines:
    """Lines as they are read: their number, and how many of them are no UTF-8.

    `size` is that of the file that they come from, 0 where none is known; `position` says how much is read.
    """

    def __init__(
        self, lines: Iterable[bytes | None], size: int = 0, position: Callable[[], int] = lambda: 0
    ) -> None:
        self._lines, self.size, self.position = lines, size, position
        self.count = self.damaged = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.count += 1
            content = line or b""
            try:
                yield content.decode()
            except UnicodeDecodeError:
                self.damaged += 1
                yield content.decode(errors="replace")


@contextmanager
def given(text: list[str]) -> Iterator[SourceLines]:
    """The arguments of a command."""
    yield SourceLines(os.fsencode(argument) for argument in text)


@contextmanager
def read(source: str) -> Iterator[SourceLines]:
    """The lines of a file, as ingestion reads it; `-` is standard input, whatever it is compressed by."""
    if source == "-":
        if sys.stdin.isatty():
            err.print("reading texts from the terminal; Ctrl-D ends them")
        yield _opened("standard input", sys.stdin.buffer, named=False)
        return
    try:
        file = open(source, "rb")  # noqa: SIM115
    except OSError as error:
        raise typer.BadParameter(f"cannot read {source}: {error.strerror}") from error
    with file:
        yield _opened(source, file, named=True)


class _Pieces:
    """A file in small pieces, as they come."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file = name, file
        self.position = 0

    def read(self, size: int) -> bytes:
        try:
            piece: bytes = self._file.read1(min(size, _PIECE_BYTES))  # type: ignore[attr-defined]
        except OSError as error:
            fail(f"cannot read {self._name}: {error.strerror}")
        self.position += len(piece)
        return piece


def _opened(name: str, file: IO[bytes], named: bool) -> SourceLines:
    pieces = _Pieces(name, file)
    return SourceLines(_lines(name, pieces, named), _size(file), lambda: pieces.position)


def _lines(name: str, pieces: _Pieces, named: bool) -> Iterator[bytes | None]:
    """Nothing is read before the first line is asked for."""
    from texts.compression import decompressed
    from texts.encoding import as_utf8
    from texts.lines import split_lines

    yield from split_lines(as_utf8(name, decompressed(name, pieces, named)), sys.maxsize)


def _size(file: IO[bytes]) -> int:
    """What is left of a file that was redirected here; 0 of a pipe."""
    status = os.fstat(file.fileno())
    return status.st_size - file.tell() if stat.S_ISREG(status.st_mode) else 0
