"""Lines of a corpus file."""

from __future__ import annotations

from collections.abc import Iterator

from texts.encoding import as_utf8
from texts.formats.files import Opener, open_bytes, open_here
from texts.lines import split_lines


def read_lines(path: str, limit: int, opener: Opener = open_here) -> Iterator[bytes | None]:
    """Every line of the file in UTF-8, without its LF or CR LF, and None for a line of more than `limit`
    bytes.

    At most `limit` bytes and one chunk are held, whatever the file. Byte order marks are dropped, and UTF-16
    that has one is read. Raises DataError as `open_bytes` does, and for other encodings.
    """
    with open_bytes(path, opener) as stream:
        yield from split_lines(as_utf8(path, stream), limit)
