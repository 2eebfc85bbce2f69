"""TSV columns."""

from pathlib import Path

from pipeline.formats.rows import ROW_OVERHEAD, Reason, Rejected, Row
from pipeline.formats.tsv import read_tsv


def _read(path: Path, content: bytes, source: int = 0, target: int = 1) -> list[Row | Rejected]:
    path.write_bytes(content)
    return list(read_tsv(str(path), source, target, 100))


def test_columns_are_chosen(tmp_path: Path) -> None:
    content = "1\tHallo.\tCC BY\tHi.\n2\tJa\t\tYes\n".encode()
    assert _read(tmp_path / "f", content, 3, 1) == [Row(b"Hi.", b"Hallo.", 1), Row(b"Yes", b"Ja", 2)]


def test_malformed_rows_are_counted_with_their_lines(tmp_path: Path) -> None:
    content = b"header\na\tb\nc\nd\te\tf\n\n\th\ni\tj\n\xff\tk\nl\t" + b"x" * 101 + b"\n"
    content += b"m\t" + b"x" * (300 + ROW_OVERHEAD) + b"\n"
    assert _read(tmp_path / "f", content) == [
        Rejected(Reason.COLUMNS, 1),
        Row(b"a", b"b", 2),
        Rejected(Reason.COLUMNS, 3),
        Rejected(Reason.COLUMNS, 4),
        Rejected(Reason.COLUMNS, 5),
        Rejected(Reason.EMPTY_SOURCE, 6),
        Row(b"i", b"j", 7),
        Rejected(Reason.INVALID_UTF8, 8),
        Rejected(Reason.OVERLONG, 9),
        Rejected(Reason.OVERLONG, 10),
    ]


def test_quotes_mean_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path / "f", b'"a\t"b"\n') == [Row(b'"a', b'"b"', 1)]
