"""Lines are split on LF alone, and no line is held beyond its limit."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.formats import lines
from pipeline.formats.lines import read_lines


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
    assert list(lines._split("f", Stream(content), limit)) == expected


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


def test_utf16_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"f is UTF-16.*iconv"):
        _lines(tmp_path / "f", "Hallo\n".encode("utf-16"))
