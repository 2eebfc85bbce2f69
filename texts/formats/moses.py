"""Moses packages as OPUS offers them: a zip archive with two line-aligned files, named by their languages."""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import IO, Literal

from contracts.errors import DataError
from texts.encoding import as_utf8
from texts.formats.base import BOTH, EarlyFileCorpus, Reading
from texts.formats.files import Opener, open_here
from texts.formats.pairs import paired
from texts.formats.rows import Remark, Rows
from texts.languages import distance
from texts.lines import split_lines

# Deflate reaches 1,032; text, even one sentence over and over, a tenth of it.
_BOMB_RATIO = 500
_BOMB_BYTES = 64 << 20


class MosesCorpus(EarlyFileCorpus):
    """A Moses package (.zip) as OPUS offers them: two line-aligned files, named by their languages."""

    format: Literal["moses"] = "moses"

    def check(self, path: str, opener: Opener = open_here) -> None:
        """Nothing: the reader looks into the archive."""

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_moses(paths[BOTH], *reading.languages, reading.max_line_bytes, reading.opener)


def read_moses(
    path: str, source_language: str, target_language: str, max_line_bytes: int, opener: Opener = open_here
) -> Rows:
    """Rows of the pair of files inside; nothing is unpacked to disk.

    Raises DataError for an archive that is damaged, encrypted or a bomb, that holds no pair in the languages
    or several, and for line counts that differ.
    """
    with opener(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                source, target = _pair(path, archive.infolist(), source_language, target_language)
                yield Remark(f"{path}: read {source.filename} and {target.filename}")
                with archive.open(source) as source_file, archive.open(target) as target_file:
                    names = (f"{path}:{source.filename}", f"{path}:{target.filename}")
                    sources, targets = (
                        split_lines(as_utf8(name, _Member(name, member)), max_line_bytes)
                        for name, member in zip(names, (source_file, target_file), strict=True)
                    )
                    yield from paired(sources, targets, names, max_line_bytes)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            raise DataError(
                f"{path} is no zip archive that can be read ({error}); test it with `unzip -t` and fetch it "
                "again, or unpack it and give its files as `format: pairs`"
            ) from error


class _Member:
    """A file in the archive, its damage told by name."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file = name, file

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise DataError(
                f"{self._name} is damaged or cut short ({error}); fetch the archive again"
            ) from error


def _pair(
    path: str, members: Sequence[zipfile.ZipInfo], source: str, target: str
) -> tuple[zipfile.ZipInfo, zipfile.ZipInfo]:
    """The two files of one stem whose suffixes are the languages, the nearest first."""
    stems: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
    for member in members:
        if not member.is_dir():
            stems[member.filename.rpartition(".")[0]].append(member)
    pairs = [pair for files in stems.values() if (pair := _nearest(files, source, target))]
    if len(pairs) != 1:
        names = ", ".join(member.filename for member in members[:10]) + (", …" if len(members) > 10 else "")
        many = "several pairs" if pairs else "no pair"
        raise DataError(
            f"{path} holds {many} of files in {source} and {target}, as name.{source} and name.{target} are; "
            f"it holds {names or 'nothing'}; correct `languages:`, or unpack it and use `format: pairs`"
        )
    for member in pairs[0]:
        if member.file_size > max(_BOMB_BYTES, _BOMB_RATIO * member.compress_size):
            raise DataError(
                f"{path}: {member.filename} grows from {member.compress_size} to {member.file_size} bytes, "
                "which text does not: a zip bomb, not a corpus"
            )
    return pairs[0]


def _nearest(
    files: Sequence[zipfile.ZipInfo], source: str, target: str
) -> tuple[zipfile.ZipInfo, zipfile.ZipInfo] | None:
    def far(member: zipfile.ZipInfo, language: str) -> int | None:
        return distance(member.filename.rpartition(".")[2], language)

    pairs = [
        (far_source + far_target, source_file, target_file)
        for source_file in files
        for target_file in files
        if source_file is not target_file
        and (far_source := far(source_file, source)) is not None
        and (far_target := far(target_file, target)) is not None
    ]
    return min(pairs, key=lambda pair: pair[0])[1:] if pairs else None
