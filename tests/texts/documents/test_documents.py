"""Documents come back with translated words and all else as it was."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from contracts.errors import DataError
from tests.hostile import hostile_lines
from tests.texts.cascade.models import Model
from texts.cascade import Options
from texts.documents.base import DocumentError, extensions, translate_document

MODEL = "[{}]".format


def _translated(name: str, document: str | bytes, columns: tuple[str, ...] = ()) -> str:
    data = document.encode() if isinstance(document, str) else document
    written, _ = translate_document(name, data, Options("de", source="en"), Model(MODEL), columns)
    return written.decode() if isinstance(document, str) else written.decode("latin-1")


@pytest.mark.parametrize(
    ("name", "document", "translated"),
    [
        ("a.txt", "\ufeffOne. Two.\r\n\r\n - Three\n", "\ufeff[One.] [Two.]\r\n\r\n - [Three]\n"),
        (
            "a.html",
            '<!DOCTYPE html>\n<html class=x lang="en-GB" xml:lang=en><p lang="en">One</p></html>',
            '<!DOCTYPE html>\n<html class=x lang="de" xml:lang=de><p lang="en">[One]</p></html>',
        ),
        (
            "a.html",
            '<html data-lang="en" lang="fr"><p>One</p>',
            '<html data-lang="en" lang="fr"><p>[One]</p>',
        ),
        ("a.md", "# One\n\n- *two* x\n", "# [One]\n\n- [*two* x]\n"),
        ("a.HTML", "<p>One <b>two</b></p>", "<p>[One <b>two</b>]</p>"),
        (
            "a.json",
            '{\n  "key": "One \\"two\\"",\n  "n": [1.50, "12", {"a": "Three\\n{x}"}] }',
            '{\n  "key": "[One \\"two\\"]",\n  "n": [1.50, "12", {"a": "[Three]\\n{x}"}] }',
        ),
        (
            "a.properties",
            "# A remark\na.b = One {0}\nc:two\\\n   three \\u00e9\nempty=\n",
            "# A remark\na.b = [One {0}]\nc:[twothree \\u00e9]\nempty=\n",
        ),
        (
            "a.strings",
            '/* Note "x" = "y"; */\n"key one" = "One \\"%@\\"\\n";\nk = "12";\n',
            '/* Note "x" = "y"; */\n"key one" = "[One \\"%@\\"]\\n";\nk = "12";\n',
        ),
        (
            "a.srt",
            "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>One & two\r\nthree</i>\r\n\r\n2\r\n"
            "00:00:03,000 --> 00:00:04,000\r\n12\r\n",
            "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>[One & two\r\nthree]</i>\r\n\r\n2\r\n"
            "00:00:03,000 --> 00:00:04,000\r\n12\r\n",
        ),
        (
            "a.vtt",
            "WEBVTT\n\nNOTE One\n\nid\n00:01.000 --> 00:02.000 align:start\n<v Bob>One &amp; two\n",
            "WEBVTT\n\nNOTE One\n\nid\n00:01.000 --> 00:02.000 align:start\n<v Bob>[One &amp; two]\n",
        ),
    ],
)
def test_a_document(name: str, document: str, translated: str) -> None:
    assert _translated(name, document) == translated


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_cues_without_an_empty_line_between_them_are_parted(form: str) -> None:
    time = "00:00:0{0},000 --> 00:00:0{0},500\n"
    head = "" if form == "srt" else "WEBVTT\n\n"
    cues = "1\n{}{}\n2\n{}{}\n{}{}\n\n4\n{}5\n{}{}"
    times = [time.format(number) for number in range(5)]
    document, translated = (
        head + cues.format(times[0], first, times[1], second, times[2], third, times[3], times[4], fourth)
        for first, second, third, fourth in (
            ("One\n3", "two", "Three", "four"),
            ("[One\n3]", "[two]", "[Three]", "[four]"),
        )
    )
    assert _translated(f"a.{form}", document) == translated


@pytest.mark.timeout(60)
@pytest.mark.parametrize("evil", ["a", '\\"', '"', '"\\', "/*", "a =", '"a" = "', '= "b";', "a\n"])
def test_strings_are_read_once(evil: str) -> None:
    with contextlib.suppress(DataError):
        _translated("a.strings", 'k = "One";\n' + evil * 100_000)


def test_strings_with_anything_between_them() -> None:
    document = (
        '/* "a" = "b" */ // "c" = "d";\n;x "y" z\nk.1-a="One"; "a \\" = \\"" = "Two;" ;\nk = "";\nz = "Three"'
    )
    assert _translated("a.strings", document) == document.replace("One", "[One]").replace("Two;", "[Two;]")
    broken = 'a = "x " z";\n"b" = "Two";'
    assert _translated("a.strings", broken) == broken.replace("Two", "[Two]")


_OLD = (
    '<xliff version="1.2"><file source-language="en"{language}>'
    '<trans-unit id="1"><source>One <g id="1">two</g> <ph id="2">code</ph></source>{first}</trans-unit>'
    '<trans-unit id="2"><source>Done</source><target state="final">Fertig</target></trans-unit>'
    '<trans-unit id="3" translate="no"><source>No</source></trans-unit>'
    '<trans-unit id="4"><source>Three</source>{second}</trans-unit></file></xliff>'
)
_NEW = (
    '<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"{language}>'
    '<x:file id="f"><x:unit id="1"><x:segment><x:source>One <x:pc id="1">two</x:pc></x:source>{first}'
    "</x:segment></x:unit></x:file></x:xliff>"
)


def test_units_of_xliff_get_the_targets_that_they_lack() -> None:
    document = _OLD.format(language="", first="", second='<target state="new"></target>')
    assert _translated("a.xliff", document) == _OLD.format(
        language=' target-language="de"',
        first='<target>[One <g id="1">two</g> <ph id="2">code</ph>]</target>',
        second='<target state="new">[Three]</target>',
    )
    document = _NEW.format(language="", first="")
    assert _translated("a.xlf", document) == _NEW.format(
        language=' trgLang="de"', first='<x:target>[One <x:pc id="1">two</x:pc>]</x:target>'
    )
    document = _OLD.format(language=' target-language="de"', first="<target/>", second="")
    assert "<target>[Three]</target>" in _translated("a.xlf", document)


def test_a_target_of_xliff_stands_behind_the_segments_of_its_source() -> None:
    document = (
        '<x:xliff xmlns:x="x" version="1.2"><x:file target-language="de-AT"><x:trans-unit id="1"><x:source>'
        'One</x:source><x:seg-source><x:mrk mtype="seg" mid="1">One</x:mrk></x:seg-source>{}<x:note>Note'
        "</x:note></x:trans-unit></x:file></x:xliff>"
    )
    assert _translated("a.xlf", document.format("")) == document.format("<x:target>[One]</x:target>")


def test_an_xliff_for_another_language_says_the_new_one_unless_it_has_translations() -> None:
    old = _OLD.replace('<target state="final">Fertig</target>', "")
    document = old.format(
        language=" target-language='fr'", first="<alt-trans><target>Un</target></alt-trans>", second=""
    )
    assert "<file source-language=\"en\" target-language='de'>" in _translated("a.xlf", document)
    document = _NEW.format(language=' trgLang=""', first="")
    assert ' srcLang="en" trgLang="de">' in _translated("a.xlf", document)
    for document in (
        _OLD.format(language=' target-language="fr"', first="", second=""),
        _NEW.format(language=' trgLang="fr-CA"', first="<x:target>Un</x:target>"),
    ):
        with pytest.raises(DocumentError, match=r"has translations into fr.*, and de is asked for"):
            _translated("a.xlf", document)


def test_units_of_xliff_are_translated_unless_what_they_are_in_is_not() -> None:
    document = (
        '<xliff version="1.2"><file target-language="de" {0}><group translate="no"><trans-unit><source>No'
        '</source></trans-unit><trans-unit translate="yes"><source>Yes</source>{1}</trans-unit></group>'
        "<trans-unit><source>One</source>{2}</trans-unit></file></xliff>"
    )
    explicit, plain = "<target>[Yes]</target>", "<target>[One]</target>"
    for said, targets in (("", (explicit, plain)), ('translate="no"', (explicit, ""))):
        assert _translated("a.xlf", document.format(said, "", "")) == document.format(said, *targets)
    document = _NEW.format(language=' trgLang="de"', first="").replace("<x:unit", '<x:unit translate="no"')
    assert _translated("a.xlf", document) == document


def test_a_unit_of_xliff_is_not_what_its_alternatives_are() -> None:
    document = (
        '<xliff version="1.2"><file target-language="de"><trans-unit id="1"><alt-trans><source>Not</source>'
        "<target>Nicht</target></alt-trans><source>One</source>{}<alt-trans><target>Eins</target></alt-trans>"
        "</trans-unit></file></xliff>"
    )
    assert _translated("a.xlf", document.format("")) == document.format("<target>[One]</target>")
    document = (
        '<xliff version="1.2"><file target-language="de"><trans-unit><alt-trans><source>Not</source>'
        "</alt-trans></trans-unit></file></xliff>"
    )
    assert _translated("a.xlf", document) == document


def test_what_an_arb_says_of_its_texts_is_not_translated() -> None:
    document = (
        '{{"@@locale": "en", "one": "{}", "@one": {{"description": "What {{x}} is", "placeholders": {{"x": '
        '{{"type": "String", "@": ["A"]}}}}}}, "two": "{}", "@two": "None"}}'
    )
    source, translated = document.format("One {x}", "Two"), document.format("[One {x}]", "[Two]")
    assert _translated("a.arb", source) == translated
    assert "[None]" in _translated("a.json", source)


def test_units_of_tmx_get_the_variants_that_they_lack() -> None:
    units = (
        '<tmx version="1.4"><header srclang="en"/><body><tu><tuv xml:lang="en-US"><seg>One <bpt i="1">&lt;b>'
        '</bpt> two</seg></tuv>{}</tu><tu><tuv xml:lang="en"><seg>x y</seg></tuv><tuv xml:lang="de"><seg>da'
        "</seg></tuv></tu></body></tmx>"
    )
    added = '<tuv xml:lang="de"><seg>[One <bpt i="1">&lt;b></bpt> two]</seg></tuv>'
    assert _translated("a.tmx", units.format("")) == units.format(added)


def test_columns_by_name_and_by_number() -> None:
    table = 'id,text,note\r\n1,"One, two",x\r\n2,Three,y\r\n'
    assert _translated("a.csv", table, ("text",)) == 'id,text,note\r\n1,"[One, two]",x\r\n2,[Three],y\r\n'
    assert _translated("a.tsv", "One\ttwo\n", ("2",)) == "One\t[two]\n"
    with pytest.raises(DocumentError, match="id, text"):
        _translated("a.csv", table)
    with pytest.raises(DocumentError, match="no column other"):
        _translated("a.csv", table, ("other",))


def test_a_table_holds_no_nul() -> None:
    written, _ = translate_document(
        "a.csv", b"a\nOne\n", Options("de", source="en"), Model("{}\0".format), ("a",)
    )
    assert written == b"a\nOne\n"


def test_a_catalogue_gets_what_it_lacks() -> None:
    catalogue = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '#: a.py:1\n#, python-format\nmsgid "One %s"\nmsgstr ""\n\n'
        'msgid "Done"\nmsgstr "Fertig"\n\nmsgid "%d dog"\nmsgid_plural "%d dogs"\n'
        'msgstr[0] ""\nmsgstr[1] ""\n'
    )
    written = _translated("a.po", catalogue)
    assert '#, python-format\nmsgid "One %s"\nmsgstr "[One %s]"' in written
    assert 'msgstr "Fertig"' in written
    assert 'msgstr[0] "[%d dog]"\nmsgstr[1] "[%d dogs]"' in written
    assert '"Language: de\\n"' in written


def test_encodings_stay() -> None:
    assert (
        _translated("a.html", '<meta charset="latin-1"><p>Café</p>'.encode("latin-1"))
        == '<meta charset="latin-1"><p>[Café]</p>'
    )
    written, _ = translate_document(
        "a.txt", "\ufeffOne".encode("utf-16-le"), Options("de", source="en"), Model(MODEL)
    )
    assert written.decode("utf-16-le") == "\ufeff[One]"
    assert _translated("a.properties", b"k=caf\\u00e9 one") == "k=[caf\\u00e9 one]"
    with pytest.raises(DataError, match="convert it to UTF-8"):
        _translated("a.txt", b"caf\xe9")


@pytest.mark.parametrize(
    "said", ["idna", "punycode", "utf-7", "rot13", "unicode_escape", "zlib", "no-such", "mbcs"]
)
def test_no_document_names_a_codec_that_is_no_encoding(said: str) -> None:
    for name, document in (
        ("a.html", f'<meta charset="{said}"><p>One {"a" * 100}'),
        ("a.xlf", f'<?xml version="1.0" encoding="{said}"?><xliff version="1.2"></xliff>'),
    ):
        with pytest.raises(DataError, match=f"in {said}, which is not known"):
            _translated(name, document)


_BROWSERS = (
    "utf8 UTF-16 us-ascii ISO-8859-15 windows-1251 KOI8-U Shift_JIS EUC-JP GBK ISO-2022-JP gb18030 Big5"
)


@pytest.mark.parametrize("said", [*_BROWSERS.split(), "EUC-KR"])
def test_encodings_that_browsers_know_are_read(said: str) -> None:
    assert "<p>[One]</p>" in _translated("a.html", f'<meta charset="{said}"><p>One</p>')


def test_properties_in_latin_1_hold_what_is_not_in_it() -> None:
    written, _ = translate_document(
        "a.properties",
        b"k=\xe9t\xe9\n",
        Options("pl", source="fr"),
        Model(lambda _: "\xe9 \u015b \U0001f44d & x"),
    )
    assert written == b"k=\xe9 \\u015b \\ud83d\\udc4d & x\n"


def test_a_document_that_comes_back_as_it_was_is_an_error() -> None:
    with pytest.raises(DocumentError, match="came back as it was"):
        translate_document("a.txt", b"One two", Options("de", source="en"), Model(str))
    with pytest.raises(DocumentError, match="came back as it was"):
        translate_document("a.html", b'<img alt="One two">', Options("de", source="en"), Model(str))
    german = b"Das ist ein kleines Haus, und darin wohnt eine alte Frau."
    for source in ("en", None):
        with pytest.raises(DocumentError, match="in the target's language already"):
            translate_document("a.txt", german, Options("de", source=source), Model(str.upper))
    assert translate_document("a.txt", b"12 %", Options("de", source="en"), Model(str))[0] == b"12 %"


@pytest.mark.parametrize(
    ("name", "document", "message"),
    [
        ("a.exe", "x", r"no format that is known: .*\.md"),
        ("a", "x", "no format"),
        ("a.json", "{", "no JSON"),
        ("a.json", "[" * 5000, "no JSON"),
        ("a.srt", "One", "no cue"),
        ("a.vtt", "One", "no WebVTT"),
        ("a.xlf", "<a></a>", "no XLIFF"),
        ("a.tmx", "<a></a>", "no TMX"),
        ("a.tmx", "One", "no XML"),
        ("a.xlf", '<!DOCTYPE x [<!ENTITY a "b">]><xliff></xliff>', "defines entities"),
        ("a.csv", '"a"b",c\n"', "no table"),
    ],
)
def test_what_is_none_is_refused_in_words(name: str, document: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        _translated(name, document, ("1",))


def test_hostile_files_end_in_a_document_or_in_words() -> None:
    data = b"\n".join(hostile_lines(40)[1:])
    clean = data.decode("utf-8", "replace")
    for extension in extensions():
        for document in (data, clean.encode(), json.dumps(clean).encode(), b""):
            with contextlib.suppress(DataError):
                translate_document(f"a{extension}", document, Options("de", source="en"), Model(str), ("1",))


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("a.xlf", "<x>" + "<trans-unit><source>a</source></trans-unit>" * 5000 + "<xliff></xliff></x>"),
        ("a.po", '"' + "Content-Type:" * 20_000 + '"\n'),
    ],
)
def test_a_document_that_is_made_to_be_slow_is_not(name: str, document: str) -> None:
    """Neither takes a second; both took half a minute, four times as long for twice the size."""
    started = time.process_time()
    with contextlib.suppress(DocumentError):
        _translated(name, document)
    assert time.process_time() - started < 10
