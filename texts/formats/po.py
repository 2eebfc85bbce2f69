"""Gettext catalogues (PO): messages of programs with their translations.

polib reads entries, one at a time, so that a catalogue of any size is never held whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import polib

from contracts.errors import DataError
from texts.formats.base import BOTH, EarlyFileCorpus, Reading
from texts.formats.files import Opener, open_here
from texts.formats.lines import read_lines
from texts.formats.rows import ROW_OVERHEAD, Rejected, RowFault, RowOrWord, Rows, make_row_of_text
from texts.languages import distance

# A string may spell a byte in four (`\\303`), and be cut into many lines.
_ESCAPED = 4
_BEGINS = re.compile(rb"\s*($|#(?!~\s*(\"|msgstr))|msgctxt|msgid[\s\"])")
_TRANSLATION = re.compile(rb"\s*(#~\s*)?msgstr")
_CHARSET = re.compile(r"charset=([\w.:-]+)")


class PoCorpus(EarlyFileCorpus):
    """A catalogue of a program's messages (Gettext)."""

    format: Literal["po"] = "po"

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        return read_po(paths[BOTH], *reading.languages, reading.max_line_bytes, reading.opener)


def read_po(
    path: str, source_language: str, target_language: str, max_line_bytes: int, opener: Opener = open_here
) -> Rows:
    """Rows of a PO file; `line` is where an entry begins. Line breaks become spaces.

    An entry with a plural gives two rows, of the first and of the last form. What is fuzzy, obsolete or
    without translation is rejected as not translated yet. The header says the language of the translations;
    if it is the source language of the run, the sides change places.

    Raises DataError for a header with another language, and for an encoding that is not known.
    """
    charset, swapped = "utf-8", False
    limit = 2 * _ESCAPED * max_line_bytes + ROW_OVERHEAD
    for number, lines in _entries(read_lines(path, limit, opener), limit):
        if lines is None:
            yield Rejected(RowFault.OVERLONG, number)
            continue
        try:
            entry = _parsed(b"\n".join(lines).decode(charset))
        except UnicodeDecodeError:
            yield Rejected(RowFault.INVALID_UTF8, number)
            continue
        except (OSError, ValueError, IndexError):  # polib's word for a syntax error, and what it overlooks
            yield Rejected(RowFault.SYNTAX, number)
            continue
        if entry is None:
            continue
        if entry.msgid == "" and not entry.msgid_plural:
            charset = _charset(path, entry.msgstr)
            swapped = _swapped(path, entry.msgstr, source_language, target_language)
            continue
        yield from _rows(entry, number, swapped, max_line_bytes)


def _entries(read: Iterator[bytes | None], limit: int) -> Iterator[tuple[int, list[bytes] | None]]:
    """The lines of each entry with the number of the first; None for one of more than `limit` bytes."""
    lines: list[bytes] | None = []
    first, size, translated = 1, 0, False
    for number, line in enumerate(read, start=1):
        if translated and line is not None and _BEGINS.match(line):
            yield first, lines
            lines, first, size, translated = [], number, 0, False
        if lines == [] and line is not None and not line.strip():
            first = number + 1
            continue
        translated = translated or line is None or bool(_TRANSLATION.match(line))
        size += limit + 1 if line is None else len(line)
        if size > limit or line is None:
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is None or any(line.strip() for line in lines):
        yield first, lines


def _parsed(text: str) -> polib.POEntry | None:
    """The entry; None for comments alone."""
    if not any((line and not line.startswith("#")) or line.startswith("#~") for line in text.splitlines()):
        return None
    # With an encoding: polib would look for one, in quadratic time.
    catalogue = polib.pofile(text + "\n", encoding="utf-8")
    if catalogue.metadata:
        header: polib.POEntry = catalogue.metadata_as_entry()
        return header
    entry: polib.POEntry = catalogue[0]  # IndexError: polib passes over what it does not know
    return entry


def _rows(entry: polib.POEntry, number: int, swapped: bool, max_line_bytes: int) -> Iterator[RowOrWord]:
    if entry.msgid_plural:
        forms = [text for _, text in sorted(entry.msgstr_plural.items())]
        pairs = [(entry.msgid, forms[0])] if len(forms) > 1 else []
        pairs += [(entry.msgid_plural, forms[-1])] if forms else []
    else:
        pairs = [(entry.msgid, entry.msgstr)]
    for source, target in pairs:
        if entry.fuzzy or entry.obsolete or not target.strip():
            yield Rejected(RowFault.UNTRANSLATED, number)
        else:
            sides = (target, source) if swapped else (source, target)
            yield make_row_of_text(sides[0], sides[1], number, max_line_bytes)


def _charset(path: str, header: str) -> str:
    match = _CHARSET.search(header)
    charset = match.group(1) if match else "utf-8"
    if charset == "CHARSET":  # as templates have it
        return "utf-8"
    try:
        b"a".decode(charset)  # of no bytes the name is not looked up
    except (LookupError, UnicodeError) as error:
        raise DataError(
            f"{path} is in an encoding that is not read ({error}); convert it with `msgconv -t UTF-8`"
        ) from error
    return charset


def _swapped(path: str, header: str, source: str, target: str) -> bool:
    fields = dict(line.split(":", 1) for line in header.split("\n") if ":" in line)
    language = fields.get("Language", "").strip()
    code = language.split(".")[0].replace("@latin", "-Latn").replace("@cyrillic", "-Cyrl").split("@")[0]
    if not code or distance(code, target) is not None:
        return False
    if distance(code, source) is not None:
        return True
    raise DataError(
        f"{path} has translations into {language}, as its header says, not into {target}; correct "
        "`languages:` or take another file"
    )
