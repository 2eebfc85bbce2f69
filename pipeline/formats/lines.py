"""Lines of a corpus file: split on LF alone, so that no other separator (CR, U+0085, U+2028, NUL) shifts an
alignment."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import DataError
from pipeline.formats.files import open_bytes
from texts.compression import CHUNK_BYTES, ByteSource

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: str, limit: int) -> Iterator[bytes | None]:
    """Every line of the file without its LF or CR LF, and None for a line of more than `limit` bytes.

    At most `limit` bytes and one chunk are held, whatever the file. A UTF-8 byte order mark is dropped.
    Raises DataError for UTF-16 and as `open_bytes` does.
    """
    with open_bytes(path) as stream:
        yield from _split(path, stream, limit)


def _split(path: str, stream: ByteSource, limit: int) -> Iterator[bytes | None]:
    rest = _without_mark(path, stream.read(CHUNK_BYTES))
    begun: bytes | None = b""  # the line that the last chunk left unfinished; None: already too long
    while rest:
        first, *others = rest.split(b"\n")
        begun = None if begun is None or len(begun) + len(first) > limit + 1 else begun + first
        if others:
            yield _finished(begun, limit)
            begun = others.pop()
            for line in others:
                yield _finished(line, limit)
            if len(begun) > limit + 1:
                begun = None
        rest = stream.read(CHUNK_BYTES)
    if begun is None or begun:
        yield _finished(begun, limit)


def _finished(line: bytes | None, limit: int) -> bytes | None:
    if line is None:
        return None
    line = line.removesuffix(b"\r")
    return line if len(line) <= limit else None


def _without_mark(path: str, head: bytes) -> bytes:
    if head.startswith(_UTF16_MARKS):
        raise DataError(f"{path} is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`")
    return head.removeprefix(_UTF8_MARK)
