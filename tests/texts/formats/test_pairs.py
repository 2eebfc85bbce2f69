"""Line-aligned pairs."""

from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.pairs import read_pairs
from texts.formats.rows import Rejected, Row, RowFault


def _read(folder: Path, source: bytes, target: bytes, limit: int = 100) -> list[Row | Rejected]:
    (folder / "s").write_bytes(source)
    (folder / "t").write_bytes(target)
    return list(read_pairs(str(folder / "s"), str(folder / "t"), limit))


def test_rows_and_rejections_keep_their_lines(tmp_path: Path) -> None:
    source = b"one\n\n \xc2\xa0\t\nfour\nfi\xffve\n" + b"x" * 101 + b"\n\xed\xa0\x80\nlast"
    target = "eins\nzwei\ndrei\n\u2003\nfünf\nsechs\nsieben\nletzte\r\n".encode()
    assert _read(tmp_path, source, target) == [
        Row(b"one", b"eins", 1),
        Rejected(RowFault.EMPTY_SOURCE, 2),
        Rejected(RowFault.EMPTY_SOURCE, 3),
        Rejected(RowFault.EMPTY_TARGET, 4),
        Rejected(RowFault.INVALID_UTF8, 5),
        Rejected(RowFault.OVERLONG, 6),
        Rejected(RowFault.INVALID_UTF8, 7),  # a lone surrogate
        Row(b"last", b"letzte", 8),
    ]


def test_other_separators_do_not_shift_the_alignment(tmp_path: Path) -> None:
    strange = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x00h\ri"
    rows = _read(tmp_path, f"{strange}\ntwo\n".encode(), b"x\ny\n")
    assert rows == [Row(strange.encode(), b"x", 1), Row(b"two", b"y", 2)]


@pytest.mark.parametrize(("source", "target"), [(5, 3), (3, 5), (0, 4), (4, 0)])
def test_counts_that_differ(tmp_path: Path, source: int, target: int) -> None:
    with pytest.raises(DataError, match=rf"/s has {source} lines, .*/t has {target};"):
        _read(tmp_path, b"a\n" * source, b"b\n" * target)


def test_two_empty_files_give_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, b"", b"") == []
