"""Documents that are archives: some of their files are translated, the others copied as they are."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence

from texts.cascade import Format
from texts.documents.base import Document, DocumentError
from texts.documents.units import ENTITY

_MOST_BYTES = 256 << 20
_MOST_FILES = 10_000
_MOST_TIMES = 200
"""As large as packed, of files above `_SMALL`: no document's text is, and no picture."""
_SMALL = 1 << 20

_MOST_BYTES_READ = 16 << 20
"""Of the files that are translated, together; a thick novel has a quarter of it."""
_MOST_MARKS = 1_000_000
"""Of markup in them: each takes some hundred bytes of memory, and as little as four of the file's."""


def unpacked(data: bytes) -> dict[zipfile.ZipInfo, bytes]:
    """All files of an archive, in order; nothing is written to a disk.

    Raises:
        DocumentError: it is none, or a bomb, or locked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check(infos)
            files = {}
            for info in infos:
                with archive.open(info) as file:
                    # What is written of a size in an archive's list can be wrong.
                    files[info] = file.read(info.file_size + 1)
                if len(files[info]) > info.file_size:
                    raise DocumentError("the document is larger unpacked than it says: it is refused")
            return files
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise DocumentError(f"this is no document of this format: {error}") from error


def _check(infos: Sequence[zipfile.ZipInfo]) -> None:
    if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _MOST_BYTES:
        raise DocumentError("the document is too large unpacked: it is refused")
    for info in infos:
        if info.flag_bits & 1:
            raise DocumentError("the document has a password: take it off first")
        if info.file_size > _SMALL and info.file_size > _MOST_TIMES * max(info.compress_size, 1):
            raise DocumentError("the document is suspiciously small packed: it is refused")


def _check_size(contents: Sequence[bytes]) -> None:
    size, marks = sum(map(len, contents)), sum(content.count(b"<") for content in contents)
    if size > _MOST_BYTES_READ or marks > _MOST_MARKS:
        raise DocumentError(
            f"the document has {size} bytes and {marks} marks of text to translate, and may have "
            f"{_MOST_BYTES_READ} and {_MOST_MARKS}: part it"
        )


def packed(files: dict[zipfile.ZipInfo, bytes]) -> bytes:
    """An archive of files, each packed as it was."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, content in files.items():
            archive.writestr(info, content, compress_type=info.compress_type)
    return out.getvalue()


Part = tuple[tuple[str, ...], Callable[[Sequence[str]], str]]
"""The texts of a file, and what writes the file with others."""


def document(
    data: bytes,
    is_translated: Callable[[str], bool],
    read: Callable[[str], Part],
    form: Format,
    changes: dict[str, object],
) -> Document:
    """A document of the files whose names are chosen.

    Raises:
        DocumentError: there is none, or it is no text, or defines entities, or they are too large.
    """
    files = unpacked(data)
    _check_size([content for info, content in files.items() if is_translated(info.filename)])
    parts: list[tuple[zipfile.ZipInfo, Part]] = []
    for info, content in files.items():
        if is_translated(info.filename):
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise DocumentError(f"{info.filename} in the document is no UTF-8") from error
            if ENTITY.search(text):
                raise DocumentError(f"{info.filename} in the document defines entities: it is refused")
            parts.append((info, read(text)))
    if not parts:
        raise DocumentError("there is nothing to translate in this archive: is it of another format?")

    def write(texts: Sequence[str]) -> bytes:
        written, begin = dict(files), 0
        for info, (held, put) in parts:
            written[info] = put(texts[begin : begin + len(held)]).encode("utf-8", "replace")
            begin += len(held)
        return packed(written)

    return Document(tuple(text for _, (held, _) in parts for text in held), write, form, changes)


def whole(text: str) -> Part:
    """A file that is one text."""
    return (text,), lambda texts: texts[0]
