"""Lines of a text: split on LF alone, so that no other separator (CR, U+0085, U+2028, NUL) shifts an
alignment."""

from __future__ import annotations

from collections.abc import Iterator

from texts.compression import CHUNK_BYTES, ByteSource


def split_lines(stream: ByteSource, limit: int) -> Iterator[bytes | None]:
    """Every line of the stream without its LF or CR LF, and None for a line of more than `limit` bytes.

    At most `limit` bytes and what one `read` gives are held, whatever the stream.
    """
    rest = stream.read(CHUNK_BYTES)
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
