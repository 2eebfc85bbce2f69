"""Gettext catalogues."""

from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.po import read_po
from texts.formats.rows import ROW_OVERHEAD, Rejected, Row, RowFault, RowOrWord

HEADER = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset={}\\n"\n\n'


def _read(
    path: Path, *entries: str, language: str = "de", charset: str = "UTF-8", source: str = "en"
) -> list[RowOrWord]:
    path.write_bytes((HEADER.format(language, charset) + "\n".join(entries)).encode(charset))
    return list(read_po(str(path), source, "de" if source == "en" else "en", 100))


def test_entries_become_rows(tmp_path: Path) -> None:
    rows = _read(
        tmp_path / "a.po",
        '# of a person\n#: a.c:1\nmsgctxt "menu"\nmsgid "Save \\"%s\\""\nmsgstr "„%s“ speichern"\n',
        'msgid ""\n"one\\n"\n"two"\nmsgstr "eins\\n"\n"zwei"\n',
        'msgid "no blank line"\nmsgstr "keine Leerzeile"\nmsgid "next"\nmsgstr "nächster"',
    )
    assert rows == [
        Row(b'Save "%s"', "„%s“ speichern".encode(), 6),
        Row(b"one two", b"eins zwei", 12),
        Row(b"no blank line", b"keine Leerzeile", 18),
        Row(b"next", "nächster".encode(), 20),
    ]


def test_plurals(tmp_path: Path) -> None:
    entry = 'msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] "%d Datei"\nmsgstr[1] "%d Dateien"\n'
    assert _read(tmp_path / "a.po", entry) == [
        Row(b"%d file", b"%d Datei", 6),
        Row(b"%d files", b"%d Dateien", 6),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "a"\nmsgstr ""\n',
        '#, fuzzy\nmsgid "a"\nmsgstr "b"\n',
        '#~ msgid "a"\n#~ msgstr "b"\n',
    ],
)
def test_what_is_not_translated_yet(tmp_path: Path, entry: str) -> None:
    assert _read(tmp_path / "a.po", entry, 'msgid "c"\nmsgstr "d"\n')[0] == Rejected(RowFault.UNTRANSLATED, 6)


def test_what_is_malformed_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    for entry, reason in (
        ('msgid "a\nmsgstr "b"\n', RowFault.SYNTAX),
        ('msgid "a"\nnonsense\nmsgstr "b"\n', RowFault.SYNTAX),
        (f'msgid "a"\nmsgstr "{"x" * 101}"\n', RowFault.OVERLONG),
        (f'msgid "a"\nmsgstr "{"x" * (801 + ROW_OVERHEAD)}"\n', RowFault.OVERLONG),
    ):
        rows = _read(tmp_path / "a.po", entry, 'msgid "c"\nmsgstr "d"\n')
        assert rows == [Rejected(reason, 6), Row(b"c", b"d", 6 + len(entry.splitlines()) + 1)]


def test_the_header_says_language_and_encoding(tmp_path: Path) -> None:
    entry = 'msgid "a"\nmsgstr "ü"\n'
    row = Row(b"a", "ü".encode(), 6)
    assert _read(tmp_path / "a.po", entry, charset="iso-8859-1") == [row]
    assert _read(tmp_path / "a.po", entry, language="de_AT") == [row]
    assert _read(tmp_path / "a.po", entry, language="") == [row]
    assert _read(tmp_path / "a.po", entry, source="de") == [Row("ü".encode(), b"a", 6)]
    with pytest.raises(DataError, match="translations into fr, as its header says, not into de"):
        _read(tmp_path / "a.po", entry, language="fr")
    unknown = tmp_path / "b.po"
    unknown.write_text(HEADER.format("de", "klingon") + entry)
    with pytest.raises(DataError, match="encoding that is not read"):
        list(read_po(str(unknown), "en", "de", 100))


def test_a_name_of_a_file_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    path.write_text(str(path))
    assert list(read_po(str(path), "en", "de", 1000)) == [Rejected(RowFault.SYNTAX, 1)]
