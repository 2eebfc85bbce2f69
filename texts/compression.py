"""The plain bytes of a file: as it is, or decompressed by its suffix (.gz, .zst, .xz, .bz2).

Damage is a DataError that names the file, whichever library notices it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import zstandard

from contracts.errors import DataError

CHUNK_BYTES = 1 << 20
# A zstd block of 4 bytes may expand to 128 KiB (RFC 8878, 3.1.1.2), so what is fed at once bounds what comes
# out.
_ZSTD_INPUT_BYTES = 512

_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"\xfd7zXZ\x00": ".xz"}
# "BZh", the block's size, and the digits of pi or (of an empty file) of its square root.
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MAGIC_BYTES = 10
_TESTERS = {".gz": "gzip -t", ".zst": "zstd -t", ".xz": "xz -t", ".bz2": "bzip2 -t"}


class ByteSource(Protocol):
    """The one thing that the readers ask of a stream."""

    def read(self, size: int, /) -> bytes: ...


class Resumed:
    """A stream with what was read of it put back."""

    def __init__(self, head: bytes, stream: ByteSource) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        head, self._head = self._head[:size], self._head[size:]
        return head + self._stream.read(size - len(head)) if len(head) < size else head


class _Frame(Protocol):
    """What the libraries' decompressors of one frame (zstd) or stream (xz, bzip2) have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _ZstdFrame:
    """zstandard's, which has no limit to its output, in the others' form."""

    needs_input = True

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data)

    def decompress(self, data: bytes, _max_length: int) -> bytes:
        return bytes(self._frame.decompress(data))


class _Frames:
    """Decompresses frames one after the other; unlike the libraries' own readers it notices a cut file, and
    one whose second frame is damaged.
    """

    def __init__(self, compressed: ByteSource, frame: Callable[[], _Frame], padding: bytes) -> None:
        """`padding` may stand between frames."""
        self._compressed, self._new, self._padding = compressed, frame, padding
        self._frame = frame()
        self._frame_begun = False
        self._pending = b""

    def read(self, size: int) -> bytes:
        """Some bytes (not exactly `size`), or none at the end."""
        parts: list[bytes] = []
        held = 0
        while held < size:
            piece = b""
            if self._frame.needs_input:
                piece = self._pending or self._compressed.read(_ZSTD_INPUT_BYTES)
                self._pending = b""
                if not piece:
                    if self._frame_begun:
                        raise EOFError("its last part is cut")
                    break
            if not self._frame_begun:
                piece = piece.lstrip(self._padding)
                if not piece:
                    continue
            self._frame_begun = True
            out = self._frame.decompress(piece, CHUNK_BYTES)
            if self._frame.eof:
                self._pending = self._frame.unused_data
                self._frame = self._new()
                self._frame_begun = False
            parts.append(out)
            held += len(out)
        return b"".join(parts)


_DECOMPRESSORS: dict[str, Callable[[Any], ByteSource]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".zst": lambda stream: _Frames(stream, _ZstdFrame, b""),
    ".xz": lambda stream: _Frames(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), b"\0"),
    ".bz2": lambda stream: _Frames(stream, bz2.BZ2Decompressor, b""),
}


class _Guarded:
    """Turns the libraries' errors into one DataError that names the file and the cure."""

    def __init__(self, path: str, suffix: str, stream: ByteSource) -> None:
        self._path, self._suffix, self._stream = path, suffix, stream

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
            if "too much memory" in str(error):
                raise DataError(
                    f"{self._path} takes more memory to decompress than is allowed ({error}); compress it "
                    "again with a smaller window, as zstd does without --long and --ultra"
                ) from error
            test = _TESTERS.get(self._suffix)
            cure = (
                f"test it with `{test}` and fetch or compress it again"
                if test
                else "check the disk and the file"
            )
            raise DataError(f"{self._path} is damaged or cut short ({error}); {cure}") from error


def suffix_of(path: str) -> str:
    """`.gz`, `.zst`, `.xz`, `.bz2`, or nothing for a plain file."""
    return next((suffix for suffix in _DECOMPRESSORS if path.endswith(suffix)), "")


def decompressed(path: str, stream: ByteSource, named: bool = True) -> ByteSource:
    """The plain bytes of a stream.

    Args:
        path: its name, for the suffix and for messages.
        named: whether the suffix says how it is compressed; if not, as of a pipe, its first bytes do.

    Raises DataError for compression that the name does not tell of; for damage further in, `read` raises it.
    """
    suffix = suffix_of(path) if named else ""
    if not suffix:
        head = b""
        while len(head) < _MAGIC_BYTES and (piece := stream.read(_MAGIC_BYTES - len(head))):
            head += piece
        suffix = _recognised(path, head)
        if suffix and named:
            raise DataError(f"{path} is compressed but not named so; rename it to end in {suffix}")
        stream = Resumed(head, stream)
    return _Guarded(path, suffix, _DECOMPRESSORS[suffix](stream) if suffix else stream)


def _recognised(path: str, head: bytes) -> str:
    if head.startswith(_ZIP):
        raise DataError(
            f"{path} is a zip archive (or an office document, which is one), not text; unpack it, or give a "
            "corpus package of two line-aligned files as `format: moses`"
        )
    if _BZIP2.match(head):
        return ".bz2"
    return next((suffix for magic, suffix in _MAGIC.items() if head.startswith(magic)), "")
