"""XLIFF 1.2, and the segments of 2.0."""

from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.rows import Rejected, Row, RowFault, RowOrWord
from texts.formats.xliff import read_xliff


def _file(path: Path, *units: str, languages: str = 'source-language="en" target-language="de"') -> Path:
    path.write_text(
        '<?xml version="1.0"?><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
        f'<file original="a" {languages}><header/><body>{"".join(units)}</body></file></xliff>',
        encoding="utf-8",
    )
    return path


def _unit(source: str, target: str = "<target>b</target>", attributes: str = "") -> str:
    return f'<trans-unit id="1" {attributes}><source>{source}</source>{target}</trans-unit>'


def _read(path: Path, source: str = "en", target: str = "de", limit: int = 100) -> list[RowOrWord]:
    return list(read_xliff(str(path), source, target, limit))


def test_units_become_rows(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.xlf",
        _unit("one\n  two", "<target>eins</target><note>no text</note>"),
        f"<group>{_unit('three')}</group>",
        _unit("x", "<target>" + "y" * 101 + "</target>"),
        _unit("", "<target>y</target>"),
    )
    assert _read(path) == [
        Row(b"one two", b"eins", 1),
        Row(b"three", b"b", 2),
        Rejected(RowFault.OVERLONG, 3),
        Rejected(RowFault.EMPTY_SOURCE, 4),
    ]


@pytest.mark.parametrize(
    "unit",
    [
        _unit("a", ""),
        _unit("a", "<target/>"),
        _unit("a", "<target> </target>"),
        _unit("a", '<target state="needs-translation">a</target>'),
        _unit("a", '<target state="new">a</target>'),
        _unit("a", "<alt-trans><source>c</source><target>d</target></alt-trans>"),
    ],
)
def test_what_is_not_translated_yet(tmp_path: Path, unit: str) -> None:
    assert _read(_file(tmp_path / "a.xlf", unit, _unit("a"))) == [
        Rejected(RowFault.UNTRANSLATED, 1),
        Row(b"a", b"b", 2),
    ]


def test_proposals_beside_a_translation_are_not_read(tmp_path: Path) -> None:
    other = "<target>b</target><alt-trans><source>c</source><target>d</target></alt-trans>"
    assert _read(_file(tmp_path / "a.xlf", _unit("a", other))) == [Row(b"a", b"b", 1)]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ('Click <g id="1">here</g> now.', "Click here now."),
        ('H<g id="1">2</g>O', "H2O"),
        ('one<x id="1"/>two', "one two"),
        ('Hello <ph id="1">{name}</ph>, <x id="2" equiv-text="%d"/> messages', "Hello {name}, %d messages"),
        ('<mrk mtype="seg" mid="1">One.</mrk> <mrk mtype="seg" mid="2">Two.</mrk>', "One. Two."),
        ('a <bpt id="1">&lt;a title="<sub>Help</sub>"&gt;</bpt>help<ept id="1">&lt;/a&gt;</ept>.', "a help."),
    ],
)
def test_inline_codes(tmp_path: Path, marked: str, text: str) -> None:
    assert _read(_file(tmp_path / "a.xlf", _unit(marked))) == [Row(text.encode(), b"b", 1)]


def test_languages_are_those_of_the_file_in_either_direction(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.xlf", _unit("a"), languages='source-language="eng" target-language="de-AT"')
    assert _read(path) == [Row(b"a", b"b", 1)]
    assert _read(path, "de", "en") == [Row(b"b", b"a", 1)]
    with pytest.raises(DataError, match=r"no unit in both en and fr; the languages in it: eng \(1\), de-AT"):
        _read(path, "en", "fr")
    _file(path, _unit("a", '<target xml:lang="fr">b</target>'), languages="")
    assert _read(path, "en", "fr") == [Row(b"a", b"b", 1)]


def test_version_2(tmp_path: Path) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(
        '<xliff version="2.0" srcLang="en" trgLang="de" xmlns="urn:oasis:names:tc:xliff:document:2.0">'
        '<file id="f"><unit id="u"><segment><source>one <pc id="1">two</pc></source><target>eins</target>'
        '</segment><segment state="initial"><source>three</source><target>three</target></segment></unit>'
        "</file></xliff>"
    )
    assert _read(path) == [Row(b"one two", b"eins", 1), Rejected(RowFault.UNTRANSLATED, 2)]


def test_entities_are_refused_and_a_cut_file(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.xlf", _unit("a"))
    whole = path.read_text()
    path.write_text(whole[:-20])
    with pytest.raises(DataError, match="not well-formed"):
        _read(path)
    path.write_text(whole.replace("?><x", '?><!DOCTYPE xliff [<!ENTITY e "f">]><x'))
    with pytest.raises(DataError, match="declares entities"):
        _read(path)
