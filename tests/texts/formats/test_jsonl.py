"""JSON lines, hostile ones included."""

import json
from pathlib import Path

import pytest

from texts.formats.jsonl import read_jsonl
from texts.formats.rows import Rejected, Row, RowFault, RowOrWord


def _read(path: Path, *lines: bytes, limit: int = 100) -> list[RowOrWord]:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return list(read_jsonl(str(path), "en", "de", limit))


def test_objects_become_rows(tmp_path: Path) -> None:
    text = "Grüße \U0001f600"
    lines = [
        json.dumps({"en": "Hi", "de": text, "id": 3}, ensure_ascii=ascii).encode() for ascii in (True, False)
    ]
    assert _read(tmp_path / "f", *lines) == [Row(b"Hi", text.encode(), 1), Row(b"Hi", text.encode(), 2)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", RowFault.JSON),
        (b"not json", RowFault.JSON),
        (b'{"en": "a", "de": "b"', RowFault.JSON),
        (b'["a", "b"]', RowFault.JSON),
        (b'"text"', RowFault.JSON),
        (b"null", RowFault.JSON),
        (b"9" * 10_000, RowFault.JSON),
        (b"[" * 50_000, RowFault.JSON),
        (b'{"en": "a"}', RowFault.FIELD),
        (b'{"en": "a", "de": 7}', RowFault.FIELD),
        (b'{"en": "a", "de": null}', RowFault.FIELD),
        (b'{"en": "a", "de": "\\ud800"}', RowFault.INVALID_UTF8),
        (b'{"en": "a\xff", "de": "b"}', RowFault.INVALID_UTF8),
        (b'{"en": "", "de": "b"}', RowFault.EMPTY_SOURCE),
        (b'{"en": "a", "de": " \\n"}', RowFault.EMPTY_TARGET),
        (b'{"en": "a", "de": "%s"}' % (b"x" * 101), RowFault.OVERLONG),
    ],
)
def test_hostile_lines_are_rejected_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: RowFault
) -> None:
    path = tmp_path / "f"
    path.write_bytes(line + b'\n{"en": "y", "de": "z"}\n')
    first, second = read_jsonl(str(path), "en", "de", 100)
    assert first == Rejected(reason, 1)
    assert second == Row(b"y", b"z", 2)


def test_line_breaks_inside_become_spaces(tmp_path: Path) -> None:
    line = json.dumps({"en": "one\r\ntwo\n three", "de": "eins"}).encode()
    assert _read(tmp_path / "f", line) == [Row(b"one two three", b"eins", 1)]


def test_a_key_may_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "f"
    lines = [
        {"translation": {"en": "a", "de": "b"}},
        {"translation": {"en": "a"}},
        {"translation": "a"},
        {"translation.en": "c", "translation": {"en": "x", "de": "d"}},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert list(read_jsonl(str(path), "translation.en", "translation.de", 100)) == [
        Row(b"a", b"b", 1),
        Rejected(RowFault.FIELD, 2),
        Rejected(RowFault.FIELD, 3),
        Row(b"c", b"d", 4),
    ]
