"""One JSON object a line (jsonlines.org)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from texts.formats.base import BOTH, EarlyFileCorpus, Reading
from texts.formats.files import Opener, open_here
from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Rejected, Row, RowFault, Rows, make_row_of_text

# "\ud83d\ude00" spells in 12 bytes what UTF-8 says in 4, "\u0041" in 6 what it says in 1.
_ESCAPED = 6


class JsonlCorpus(EarlyFileCorpus):
    """A JSON object a line."""

    format: Literal["jsonl"] = "jsonl"
    source_field: str = Field(description="key of the object, or path as `translation.en`")
    target_field: str

    @model_validator(mode="after")
    def _fields_are_two_keys(self) -> JsonlCorpus:
        if self.source_field == self.target_field:
            raise ValueError("`source_field` and `target_field` are the same")
        return self

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_jsonl(
            paths[BOTH], self.source_field, self.target_field, reading.max_line_bytes, reading.opener
        )


def read_jsonl(
    path: str, source_key: str, target_key: str, max_line_bytes: int, opener: Opener = open_here
) -> Rows:
    """Rows of a JSONL file; both keys must hold strings. Line breaks inside a string become spaces.

    A key that the object lacks is a path: `translation.en` is the key `en` of what `translation` holds.
    """
    limit = 2 * _ESCAPED * max_line_bytes + ROW_OVERHEAD
    for number, line in enumerate(read_lines(path, limit, opener), start=1):
        yield _row(line, source_key, target_key, number, max_line_bytes)


def _row(
    line: bytes | None, source_key: str, target_key: str, number: int, max_line_bytes: int
) -> Row | Rejected:
    if line is None:
        return Rejected(RowFault.OVERLONG, number)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Rejected(RowFault.INVALID_UTF8, number)
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: brackets nested too deeply
        return Rejected(RowFault.JSON, number)
    if not isinstance(value, dict):
        return Rejected(RowFault.JSON, number)
    source, target = _field(value, source_key), _field(value, target_key)
    if not isinstance(source, str) or not isinstance(target, str):
        return Rejected(RowFault.FIELD, number)
    return make_row_of_text(source, target, number, max_line_bytes)


def _field(value: dict[str, Any], key: str) -> Any:
    if key in value or "." not in key:
        return value.get(key)
    inner: Any = value
    for part in key.split("."):
        if not isinstance(inner, dict):
            return None
        inner = inner.get(part)
    return inner
