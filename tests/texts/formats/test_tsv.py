"""TSV columns."""

from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.rows import ROW_OVERHEAD, Rejected, Remark, Row, RowFault, RowOrWord
from texts.formats.tsv import read_tsv


def _read(path: Path, content: bytes, source: int | str = 0, target: int | str = 1) -> list[RowOrWord]:
    path.write_bytes(content)
    return list(read_tsv(str(path), source, target, ("en", "de"), 100))


def test_columns_are_chosen(tmp_path: Path) -> None:
    content = b"1\tHallo.\tCC BY\tHi.\n2\tJa\t\tYes\n"
    assert _read(tmp_path / "f", content, 3, 1) == [Row(b"Hi.", b"Hallo.", 1), Row(b"Yes", b"Ja", 2)]


def test_malformed_rows_are_counted_with_their_lines(tmp_path: Path) -> None:
    content = b"header\na\tb\nc\nd\te\tf\n\n\th\ni\tj\n\xff\tk\nl\t" + b"x" * 101 + b"\n"
    content += b"m\t" + b"x" * (300 + ROW_OVERHEAD) + b"\n"
    assert _read(tmp_path / "f", content) == [
        Rejected(RowFault.COLUMNS, 1),
        Row(b"a", b"b", 2),
        Rejected(RowFault.COLUMNS, 3),
        Row(b"d", b"e", 4),
        Rejected(RowFault.COLUMNS, 5),
        Rejected(RowFault.EMPTY_SOURCE, 6),
        Row(b"i", b"j", 7),
        Rejected(RowFault.INVALID_UTF8, 8),
        Rejected(RowFault.OVERLONG, 9),
        Rejected(RowFault.OVERLONG, 10),
    ]


def test_quotes_mean_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path / "f", b'"a\t"b"\n') == [Row(b'"a', b'"b"', 1)]


@pytest.mark.parametrize(
    "header",
    [
        b"en\tde",
        b"ENG\ttext_de",
        b"source\ttarget",
        b"src_text\ttgt_text",
        b"sentence_en\tsentence_de",
        b"en-GB\tde-AT",
    ],
)
def test_a_header_is_left_out_and_said(tmp_path: Path, header: bytes) -> None:
    remark, *rows = _read(tmp_path / "f", header + b"\na\tb\n")
    assert isinstance(remark, Remark)
    assert "the first row is a header, left out" in remark.text
    assert rows == [Row(b"a", b"b", 2)]


@pytest.mark.parametrize(
    "first",
    [b"source\tQuelle", b"en\tfr", b"English\tDeutsch", b"The source.\tDas Ziel.", b"text\tText", b"-\t-"],
)
def test_a_first_row_of_words_is_no_header(tmp_path: Path, first: bytes) -> None:
    source, target = first.split(b"\t")
    assert _read(tmp_path / "f", first + b"\n") == [Row(source, target, 1)]


def test_columns_by_name(tmp_path: Path) -> None:
    content = b"id\tQuelle\tfrei\tZiel \n1\ta\t\tb\n2\tc\n"
    remark, *rows = _read(tmp_path / "f", content, "Quelle", "Ziel")
    assert remark == Remark(f"{tmp_path / 'f'}: the first row is a header, left out: Quelle → Ziel ")
    assert rows == [Row(b"a", b"b", 2), Rejected(RowFault.COLUMNS, 3)]
    assert _read(tmp_path / "f", content, 1, "Ziel")[1] == Row(b"a", b"b", 2)
    with pytest.raises(DataError, match="no column `ziel`; its first row: id, Quelle, frei, Ziel"):
        _read(tmp_path / "f", content, "Quelle", "ziel")
