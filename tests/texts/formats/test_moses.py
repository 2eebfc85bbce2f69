"""Moses packages: zip archives of two line-aligned files."""

import zipfile
from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.moses import read_moses
from texts.formats.rows import Remark, Row, RowOrWord

NOTES = {"README": "Licence: none", "LICENSE": "none"}


def _package(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**NOTES, **files}.items():
            archive.writestr(name, text)
    return path


def _read(path: Path, source: str = "en", target: str = "de") -> list[RowOrWord]:
    return list(read_moses(str(path), source, target, 100))


def test_the_pair_inside_is_read_and_named(tmp_path: Path) -> None:
    path = _package(tmp_path / "a.zip", **{"X.de-en.de": "eins\nzwei\n", "X.de-en.en": "\ufeffone\r\ntwo\n"})
    remark, *rows = _read(path)
    assert remark == Remark(f"{path}: read X.de-en.en and X.de-en.de")
    assert rows == [Row(b"one", b"eins", 1), Row(b"two", b"zwei", 2)]
    assert _read(path, "de", "en")[1] == Row(b"eins", b"one", 1)


def test_languages_match_by_meaning(tmp_path: Path) -> None:
    path = _package(
        tmp_path / "a.zip", **{"d/X.pt_BR": "um\n", "d/X.pt": "um!\n", "d/X.eng": "one\n", "d/X.ids": "1\n"}
    )
    assert _read(path, "en", "pt")[1:] == [Row(b"one", b"um!", 1)]
    assert _read(path, "en", "pt-BR")[1:] == [Row(b"one", b"um", 1)]


def test_no_pair_and_several(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no pair of files in en and de.*it holds .*X\.fr"):
        _read(_package(tmp_path / "a.zip", **{"X.en": "a", "X.fr": "b", "Y.de": "c"}))
    with pytest.raises(DataError, match="several pairs"):
        _read(_package(tmp_path / "b.zip", **{"X.en": "a", "X.de": "b", "Y.en": "a", "Y.de": "b"}))


def test_line_counts_that_differ(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.zip:X\.en has 2 lines, .*a\.zip:X\.de has 1"):
        _read(_package(tmp_path / "a.zip", **{"X.en": "a\nb\n", "X.de": "a\n"}))


def test_no_archive_a_cut_one_and_a_damaged_one(tmp_path: Path) -> None:
    path = _package(tmp_path / "a.zip", **{"X.en": "one\n" * 500, "X.de": "eins\n" * 500})
    whole = path.read_bytes()
    for content in (b"", b"no archive", whole[:-30], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.zip is no zip archive that can be read"):
            _read(path)
    place = whole.index(b"X.en") + 8
    path.write_bytes(whole[:place] + bytes(4) + whole[place + 4 :])
    with pytest.raises(DataError, match=r"a\.zip"):
        _read(path)
    with pytest.raises(DataError, match="does not exist"):
        _read(tmp_path / "b.zip")


def test_an_encrypted_one(tmp_path: Path) -> None:
    path = _package(tmp_path / "a.zip", **{"X.en": "one\n", "X.de": "eins\n"})
    content = bytearray(path.read_bytes())
    place = -1
    while (place := content.find(b"PK\x01\x02", place + 1)) >= 0:
        content[place + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="encrypted"):
        _read(path)


def test_a_bomb(tmp_path: Path) -> None:
    path = _package(tmp_path / "a.zip", **{"X.en": "\0" * (65 << 20), "X.de": "eins\n"})
    with pytest.raises(DataError, match="a zip bomb, not a corpus"):
        _read(path)
