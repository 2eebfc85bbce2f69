"""CSV with quotes."""

from pathlib import Path

import pytest

from texts.formats.csv import read_csv
from texts.formats.rows import ROW_OVERHEAD, Rejected, Remark, Row, RowFault, RowOrWord


def _read(
    path: Path, content: bytes, delimiter: str = ",", source: int | str = 0, target: int | str = 1
) -> list[RowOrWord]:
    path.write_bytes(content)
    return list(read_csv(str(path), source, target, delimiter, ("en", "de"), 100))


def test_quotes_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    content = b'"a, ""b""",c\r\n"d\r\ne",f,more\r\ng,h\r\n'
    assert _read(tmp_path / "f", content) == [
        Row(b'a, "b"', b"c", 1),
        Row(b"d e", b"f", 2),
        Row(b"g", b"h", 4),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter(tmp_path: Path, delimiter: str) -> None:
    content = f'en{delimiter}de\n"a{delimiter}b"{delimiter}ü\n'.encode()
    remark, row = _read(tmp_path / "f", content, delimiter)
    assert isinstance(remark, Remark)
    assert row == Row(f"a{delimiter}b".encode(), "ü".encode(), 2)


def test_columns_by_name(tmp_path: Path) -> None:
    remark, *rows = _read(tmp_path / "f", b'\xef\xbb\xbf"Ziel",id,Quelle\nb,1,a\n', ",", "Quelle", "Ziel")
    assert isinstance(remark, Remark)
    assert rows == [Row(b"a", b"b", 2)]


def test_malformed_rows_are_counted_and_the_next_is_read(tmp_path: Path) -> None:
    content = b'a\n"b"x,c\n\xff,d\n,e\nf,' + b"x" * 101 + b"\n" + b"y" * (400 + ROW_OVERHEAD) + b"\ng,h\n"
    assert _read(tmp_path / "f", content) == [
        Rejected(RowFault.COLUMNS, 1),
        Rejected(RowFault.QUOTES, 2),
        Rejected(RowFault.INVALID_UTF8, 3),
        Rejected(RowFault.EMPTY_SOURCE, 4),
        Rejected(RowFault.OVERLONG, 5),
        Rejected(RowFault.OVERLONG, 6),
        Row(b"g", b"h", 7),
    ]


def test_a_quote_that_does_not_close(tmp_path: Path) -> None:
    rows = _read(tmp_path / "f", b'a,b\n"c,d\ne,f\n')
    assert rows == [Row(b"a", b"b", 1), Rejected(RowFault.QUOTES, 2), Rejected(RowFault.QUOTES, 3)]
