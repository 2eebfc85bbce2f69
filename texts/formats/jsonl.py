"""One JSON object a line (jsonlines.org)."""

from __future__ import annotations

import json
from typing import Any

from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Reason, Rejected, Row, Rows, checked_text

# "\ud83d\ude00" spells in 12 bytes what UTF-8 says in 4, "\u0041" in 6 what it says in 1.
_ESCAPED = 6


def read_jsonl(path: str, source_key: str, target_key: str, max_line_bytes: int) -> Rows:
    """Rows of a JSONL file; both keys must hold strings. Line breaks inside a string become spaces.

    A key that the object lacks is a path: `translation.en` is the key `en` of what `translation` holds.
    """
    for number, line in enumerate(read_lines(path, 2 * _ESCAPED * max_line_bytes + ROW_OVERHEAD), start=1):
        yield _row(line, source_key, target_key, number, max_line_bytes)


def _row(
    line: bytes | None, source_key: str, target_key: str, number: int, max_line_bytes: int
) -> Row | Rejected:
    if line is None:
        return Rejected(Reason.OVERLONG, number)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Rejected(Reason.INVALID_UTF8, number)
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: brackets nested too deeply
        return Rejected(Reason.JSON, number)
    if not isinstance(value, dict):
        return Rejected(Reason.JSON, number)
    source, target = _field(value, source_key), _field(value, target_key)
    if not isinstance(source, str) or not isinstance(target, str):
        return Rejected(Reason.FIELD, number)
    return checked_text(source, target, number, max_line_bytes)


def _field(value: dict[str, Any], key: str) -> Any:
    if key in value or "." not in key:
        return value.get(key)
    found: Any = value
    for part in key.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found
