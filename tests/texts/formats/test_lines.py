"""Lines are split on LF alone, and no line is held beyond its limit."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DataError
from texts.formats.lines import read_lines
from texts.lines import split_lines


def _lines(path: Path, content: bytes, limit: int = 100) -> list[bytes | None]:
    path.write_bytes(content)
    return list(read_lines(str(path), limit))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\n\nb", [b"a", b"", b"b"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\rb\n", [b"a\rb"]),
        ("a\u2028b\x85c\x0bd\x0ce\n".encode(), ["a\u2028b\x85c\x0bd\x0ce".encode()]),
        (b"a\x00b\n", [b"a\x00b"]),
        (b"\xef\xbb\xbfa\nb\n", [b"a", b"b"]),
        (b"\xef\xbb\xbf", []),
    ],
)
def test_separators(tmp_path: Path, content: bytes, expected: list[bytes]) -> None:
    assert _lines(tmp_path / "f", content) == expected


def test_limit_counts_neither_lf_nor_cr(tmp_path: Path) -> None:
    content = b"x" * 100 + b"\n" + b"x" * 100 + b"\r\n" + b"x" * 101 + b"\nend"
    assert _lines(tmp_path / "f", content) == [b"x" * 100, b"x" * 100, None, b"end"]


@given(
    parts=st.lists(st.text("ab\r\n", max_size=30).map(str.encode), max_size=20),
    chunk=st.integers(1, 7),
    limit=st.integers(1, 12),
)
def test_same_lines_whatever_the_chunks(parts: list[bytes], chunk: int, limit: int) -> None:
    class Stream:
        def __init__(self, content: bytes) -> None:
            self.rest = content

        def read(self, _size: int) -> bytes:
            out, self.rest = self.rest[:chunk], self.rest[chunk:]
            return out

    content = b"".join(parts)
    whole = content.split(b"\n")
    if not whole[-1]:
        whole.pop()
    stripped = [line.removesuffix(b"\r") for line in whole]
    expected = [line if len(line) <= limit else None for line in stripped]
    assert list(split_lines(Stream(content), limit)) == expected


def test_line_of_64_mib_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"\nshort\n")
    tracemalloc.start()
    assert list(read_lines(str(path), 1000)) == [None, b"short"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_with_its_mark_is_read(tmp_path: Path, encoding: str) -> None:
    text = "Grüße \U0001f600\n犬\r\nEnde"
    mark = "" if encoding == "utf-16" else "\ufeff"
    expected = ["Grüße \U0001f600".encode(), "犬".encode(), b"Ende"]
    assert _lines(tmp_path / "f", (mark + text).encode(encoding)) == expected


def test_half_a_surrogate_pair_is_left_to_the_reader_of_its_line(tmp_path: Path) -> None:
    content = b"\xff\xfe" + "a\n".encode("utf-16-le") + b"\x3d\xd8\n\0" + "b\n".encode("utf-16-le")
    assert _lines(tmp_path / "f", content) == [b"a", b"\xed\xa0\xbd", b"b"]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["The small dog sleeps.\n", "小さい犬が寝ている\nそして\n", "Собака\nспит\n"]
)
def test_utf16_without_its_mark_is_named_with_the_cure(tmp_path: Path, text: str, order: str) -> None:
    cure = order.upper().replace("16-", "16")
    with pytest.raises(DataError, match=rf"f is UTF-16 without a byte order mark; .* -f {cure} -t UTF-8"):
        _lines(tmp_path / "f", text.encode(order))


def test_utf16_cut_short_and_utf32_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="f is UTF-16 that is cut short"):
        _lines(tmp_path / "f", "Hallo\n".encode("utf-16")[:-1])
    with pytest.raises(DataError, match="f is UTF-32"):
        _lines(tmp_path / "f", "Hallo\n".encode("utf-32"))
