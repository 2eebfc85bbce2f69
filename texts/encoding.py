"""The encoding of a text file, told from its first bytes: UTF-8, or UTF-16 with its byte order mark."""

from __future__ import annotations

import codecs

from contracts.errors import DataError
from texts.compression import CHUNK_BYTES, ByteSource, Resumed

_UTF8_MARK = codecs.BOM_UTF8
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# In Latin letters nearly every second byte is null; in Chinese, only those of blanks and line breaks are.
_NULL_SHARE = 0.4


def as_utf8(path: str, stream: ByteSource) -> ByteSource:
    """The stream's text in UTF-8 without a byte order mark; `path` is its name for messages.

    Bytes that are not UTF-8 stay as they are, and half a surrogate pair becomes such bytes: it is for the
    reader of the line to refuse it.

    Raises:
        DataError: for UTF-32, and for UTF-16 without the mark; when reading: for UTF-16 that is cut.
    """
    head = stream.read(CHUNK_BYTES)
    if head.startswith(_UTF32_MARKS) and not head.startswith(b"\xff\xfe\x00\x00\x00"):
        raise DataError(f"{path} is UTF-32; convert it with `iconv -f UTF-32 -t UTF-8`")
    if head.startswith(_UTF16_MARKS):
        return _Transcoded(path, Resumed(head, stream))
    if order := _unmarked_utf16(head):
        raise DataError(
            f"{path} is UTF-16 without a byte order mark; convert it with `iconv -f {order} -t UTF-8`"
        )
    return Resumed(head.removeprefix(_UTF8_MARK), stream)


class _Transcoded:
    """UTF-16 read as UTF-8."""

    def __init__(self, path: str, stream: ByteSource) -> None:
        self._path, self._stream = path, stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")

    def read(self, size: int) -> bytes:
        while True:
            chunk = self._stream.read(size)
            try:
                text = self._decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{self._path} is UTF-16 that is cut short ({error.reason}); fetch or convert it again"
                ) from error
            if text or not chunk:
                return text.encode(errors="surrogatepass")


def _unmarked_utf16(head: bytes) -> str | None:
    """`UTF-16LE` or `UTF-16BE` where nulls stand in one half of all pairs of bytes only, and are many, or
    make the second half of every line break."""
    low, high = head[0::2].count(0), head[1::2].count(0)
    if bool(low) == bool(high):
        return None
    order = "UTF-16LE" if high else "UTF-16BE"
    if max(low, high) >= _NULL_SHARE * len(head):
        return order
    first, second = head[0::2], head[1::2]
    feeds, elsewhere = (first, second) if high else (second, first)
    breaks = head[: len(head) // 2 * 2].decode(order, errors="ignore").count("\n")
    return order if breaks and breaks == feeds.count(b"\n") > elsewhere.count(b"\n") else None
