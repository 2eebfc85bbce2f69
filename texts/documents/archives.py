"""Documents that are archives: some of their files are translated, the others copied as they are."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from texts.cascade import Format
from texts.documents.base import Document, DocumentError
from texts.documents.units import ENTITY

_MOST_BYTES = 256 << 20
_MOST_FILES = 10_000
_MOST_TIMES = 200
"""As large as packed, of files above `_SMALL`: no document's text is, and no picture."""
_SMALL = 1 << 20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways that all these formats allow. Of the others, the library unpacks at once whatever is there."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, UnicodeDecodeError,
)  # fmt: skip

_MOST_BYTES_READ = 16 << 20
"""Of the files that are translated, together; a thick novel has a quarter of it."""
_MOST_MARKS = 1_000_000
"""Of markup in them: each takes some hundred bytes of memory, and as little as four of the file's."""


def chosen(data: bytes, is_chosen: Callable[[str], bool]) -> dict[int, tuple[str, bytes]]:
    """Names and contents of the files of an archive whose names are chosen, by their places in it; nothing is
    written to a disk. The others are read to know that they can be, and not held: documents wait for
    their turn, and a small one can have very much of them.

    Raises:
        DocumentError: it is none, or a bomb, or locked.
    """
    files = {}
    with _opened(data) as archive:
        for place, info in enumerate(archive.infolist()):
            content = _content(archive, info)
            if is_chosen(info.filename):
                files[place] = info.filename, content
    return files


def names(data: bytes) -> list[str]:
    """Of the files of an archive, in order. Raises as `chosen`."""
    with _opened(data) as archive:
        return archive.namelist()


def markups(data: bytes, is_chosen: Callable[[str], bool]) -> list[str]:
    """Of the files whose names are chosen, which say something of the others; these are not read.

    Raises:
        DocumentError: as `document`, but there may be none.
    """
    with _opened(data) as archive:
        infos = [info for info in archive.infolist() if is_chosen(info.filename)]
        contents = [_content(archive, info) for info in infos]
    _check_size(contents)
    return [_markup(info.filename, content) for info, content in zip(infos, contents, strict=True)]


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive.infolist())
            yield archive
    except _BROKEN as error:
        raise DocumentError(f"this is no document of this format: {error}") from error


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """As much of a file as the archive's list says that it has, which can be wrong: without a number all that
    is there would be unpacked first."""
    with archive.open(info) as file:
        return file.read(info.file_size + 1)


def _check(infos: Sequence[zipfile.ZipInfo]) -> None:
    if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _MOST_BYTES:
        raise DocumentError("the document is too large unpacked: it is refused")
    for info in infos:
        if info.flag_bits & 1:
            raise DocumentError("the document has a password: take it off first")
        if info.compress_type not in _PACKED:
            raise DocumentError("the document is packed as no document of its format is: it is refused")
        if info.file_size > _SMALL and info.file_size > _MOST_TIMES * max(info.compress_size, 1):
            raise DocumentError("the document is suspiciously small packed: it is refused")


def _check_size(contents: Sequence[bytes]) -> None:
    size, marks = sum(map(len, contents)), sum(content.count(b"<") for content in contents)
    if size > _MOST_BYTES_READ or marks > _MOST_MARKS:
        raise DocumentError(
            f"the document has {size} bytes and {marks} marks of text to translate, and may have "
            f"{_MOST_BYTES_READ} and {_MOST_MARKS}: part it"
        )


def packed(data: bytes, changed: Mapping[int, bytes]) -> bytes:
    """An archive with other files in some places, each packed as it was."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for place, info in enumerate(old.infolist()):
            content = changed[place] if place in changed else _content(old, info)
            new.writestr(info, content, compress_type=info.compress_type)
    return out.getvalue()


ArchivePart = tuple[tuple[str, ...], Callable[[Sequence[str]], str]]
"""The texts of a file, and what writes the file with others."""


def document(
    data: bytes,
    is_translated: Callable[[str], bool],
    read: Callable[[str], ArchivePart],
    form: Format,
    changes: dict[str, object],
) -> Document:
    """A document of the files whose names are chosen.

    Raises:
        DocumentError: there is none, or it is no text, or defines entities, or they are too large.
    """
    files = chosen(data, is_translated)
    if not files:
        raise DocumentError("there is nothing to translate in this archive: is it of another format?")
    _check_size([content for _, content in files.values()])
    parts = {place: read(_markup(name, content)) for place, (name, content) in files.items()}

    def write(texts: Sequence[str]) -> bytes:
        written, begin = dict[int, bytes](), 0
        for place, (held, put) in parts.items():
            written[place] = put(texts[begin : begin + len(held)]).encode("utf-8", "replace")
            begin += len(held)
        return packed(data, written)

    return Document(tuple(text for held, _ in parts.values() for text in held), write, form, changes)


def _markup(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{name} in the document is no UTF-8") from error
    if ENTITY.search(text):
        raise DocumentError(f"{name} in the document defines entities: it is refused")
    return text


def whole(text: str) -> ArchivePart:
    """A file that is one text."""
    return (text,), lambda texts: texts[0]
