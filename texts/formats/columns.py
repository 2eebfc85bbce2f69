"""Which columns of a table are the two sides, and whether its first row is a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, model_validator

from contracts.errors import DataError
from texts.formats.base import EarlyFileCorpus
from texts.formats.rows import Remark
from texts.languages import distance

_WORDS = re.compile(r"[\W_]+")
_SIDES = (frozenset(("source", "src")), frozenset(("target", "trg", "tgt", "translation", "reference")))
_FILLERS = frozenset(("text", "sentence", "segment", "lang", "language", "txt", "seg"))


class TableCorpus(EarlyFileCorpus):
    """A table with a column for each language."""

    source_field: int | str = Field(0, description="column, from 0 or by its name in the first row")
    target_field: int | str = 1

    @model_validator(mode="after")
    def _fields_are_two_columns(self) -> TableCorpus:
        fields = (self.source_field, self.target_field)
        if any(isinstance(field, int) and field < 0 for field in fields):
            raise ValueError("`source_field` and `target_field` of a table are columns from 0, or names")
        if fields[0] == fields[1]:
            raise ValueError("`source_field` and `target_field` are the same")
        return self


@dataclass(frozen=True)
class Columns:
    """The places of both sides, from 0."""

    source: int
    target: int

    @property
    def least(self) -> int:
        """Columns that a row must have."""
        return max(self.source, self.target) + 1


def columns_of(
    path: str,
    first: Sequence[str],
    source: int | str,
    target: int | str,
    languages: tuple[str, str],
) -> tuple[Columns, Remark | None]:
    """The columns, by number or by the name that the first row gives, and a remark if that row is a header.

    By number it is one where both sides hold the code of their language or a word for their side. Raises
    DataError for a name that the first row lacks.
    """
    named = [_place(path, first, field) for field in (source, target) if isinstance(field, str)]
    columns = Columns(
        source if isinstance(source, int) else named[0], target if isinstance(target, int) else named[-1]
    )
    if len(first) < columns.least:
        return columns, None
    cells = first[columns.source], first[columns.target]
    if named or all(
        _is_heading(cell, words, language)
        for cell, words, language in zip(cells, _SIDES, languages, strict=True)
    ):
        return columns, Remark(f"{path}: the first row is a header, left out: {cells[0]} → {cells[1]}")
    return columns, None


def _place(path: str, first: Sequence[str], name: str) -> int:
    cells = [cell.strip() for cell in first]
    if name not in cells:
        shown = ", ".join(cell[:30] for cell in cells[:10])
        raise DataError(
            f"{path} has no column `{name}`; its first row: {shown}; correct `source_field` and "
            "`target_field`, which may be numbers from 0 too"
        )
    return cells.index(name)


def _is_heading(cell: str, side: frozenset[str], language: str) -> bool:
    """`en`, `eng`, `source`, `src_text`, `sentence_en`."""
    text = cell.strip()
    words = [word for word in _WORDS.split(text.casefold()) if word]
    meant = [word for word in words if word not in _FILLERS]
    return bool(meant) and (
        distance(text, language) is not None
        or all(word in side or distance(word, language) is not None for word in meant)
    )
