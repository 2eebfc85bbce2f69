"""TMX: languages, inline codes, and XML that attacks its reader."""

import gzip
from pathlib import Path

import pytest

from contracts.errors import DataError
from texts.formats.rows import Rejected, Remark, Row, RowFault, RowOrWord
from texts.formats.tmx import read_tmx


def _unit(*variants: tuple[str, str]) -> str:
    return (
        "<tu>"
        + "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in variants)
        + "</tu>"
    )


def _file(path: Path, *units: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> Path:
    body = "\n".join(units)
    path.write_text(
        f'{head}<tmx version="1.4"><header srclang="en"/><body>{body}</body></tmx>', encoding="utf-8"
    )
    return path


def _read(path: Path, source: str = "en", target: str = "de", limit: int = 100) -> list[RowOrWord]:
    return list(read_tmx(str(path), source, target, limit))


def test_languages_match_by_meaning_and_the_nearest_wins(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.tmx",
        _unit(("EN-us", "color"), ("de_AT", "Farbe")),
        _unit(("en-GB", "colour"), ("fr", "couleur"), ("en", "hue"), ("de", "Ton"), ("de", "Farbton")),
        _unit(("eng", "no"), ("deu", "nein")),
        _unit(("en", "alone")),
        _unit(("de", "Haus"), ("en", "house")),
    )
    assert _read(path) == [
        Row(b"color", b"Farbe", 1),
        Row(b"hue", b"Ton", 2),
        Row(b"no", b"nein", 3),
        Rejected(RowFault.LANGUAGE, 4),
        Row(b"house", b"Haus", 5),
    ]
    assert _read(path, "en-gb")[1] == Row(b"colour", b"Ton", 2)


def test_old_attribute_and_namespace(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_text(
        '<tmx xmlns="http://www.lisa.org/tmx14"><body><tu><tuv lang="en"><seg>a</seg></tuv>'
        '<tuv lang="de"><seg>b</seg></tuv></tu></body></tmx>'
    )
    assert _read(path) == [Row(b"a", b"b", 1)]


def test_inline_codes_lose_their_content_and_highlights_keep_it(tmp_path: Path) -> None:
    marked = (
        'Press <bpt i="1">&lt;b <sub>title</sub>></bpt>the <hi>red</hi><ept i="1">&lt;/b></ept> button'
        '<ph>&lt;br/></ph><it pos="begin">&lt;i></it> &amp; wait<ut>{x}</ut>.'
    )
    path = _file(
        tmp_path / "a.tmx", _unit(("en", marked), ("de", "<!-- no -->Drücken\n   Sie<![CDATA[ <jetzt>]]>."))
    )
    assert _read(path) == [Row(b"Press the red button & wait.", "Drücken Sie <jetzt>.".encode(), 1)]


def test_text_outside_segments_is_not_text(tmp_path: Path) -> None:
    unit = (
        '<tu><note>n</note><tuv xml:lang="en"><prop>p</prop> <seg>a</seg> x</tuv>'
        '<tuv xml:lang="de"><seg>b</seg></tuv></tu>'
    )
    assert _read(_file(tmp_path / "a.tmx", unit)) == [Row(b"a", b"b", 1)]


def test_empty_and_long_segments(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.tmx",
        _unit(("en", ""), ("de", "b")),
        _unit(("en", "a"), ("de", "x" * 101)),
        _unit(("en", "a"), ("de", "é" * 51)),
        _unit(("en", "a"), ("de", "b")),
    )
    assert _read(path) == [
        Rejected(RowFault.EMPTY_SOURCE, 1),
        Rejected(RowFault.OVERLONG, 2),
        Rejected(RowFault.OVERLONG, 3),
        Row(b"a", b"b", 4),
    ]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE tmx [<!ENTITY l0 "lol">{LAUGHS}]>',
        '<!DOCTYPE tmx [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE tmx SYSTEM "tmx14.dtd" [<!ENTITY prod "Widget">]>',
        '<!DOCTYPE tmx [<!ENTITY % p SYSTEM "http://x.invalid/x">%p;]>',
    ],
)
def test_declarations_of_entities_are_refused(tmp_path: Path, doctype: str) -> None:
    path = _file(
        tmp_path / "evil.tmx", _unit(("en", "a"), ("de", "b")), head=f'<?xml version="1.0"?>{doctype}'
    )
    with pytest.raises(DataError, match=r"evil\.tmx declares entities.*delete"):
        _read(path)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE tmx SYSTEM "tmx14.dtd">',
        '<!DOCTYPE tmx PUBLIC "-//LISA OSCAR:1998//DTD for Translation Memory eXchange//EN" "{secret}">',
        "<!DOCTYPE tmx [<!ELEMENT tmx ANY><!ATTLIST tu x CDATA #IMPLIED>]>",
    ],
)
def test_a_doctype_is_read_and_nothing_fetched(tmp_path: Path, doctype: str) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY x "fetched">')
    head = f'<?xml version="1.0"?>{doctype.format(secret=secret.as_uri())}'
    path = _file(tmp_path / "a.tmx", _unit(("en", "a"), ("de", "b")), head=head)
    assert _read(path) == [Row(b"a", b"b", 1)]
    if secret.as_uri() in head:
        _file(path, _unit(("en", "&x;"), ("de", "b")), head=head)
        with pytest.raises(DataError, match="undefined entity"):
            _read(path)


def test_no_variant_serves_both_sides(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.tmx",
        _unit(("en-GB", "colour"), ("fr", "couleur")),
        _unit(("en-GB", "colour"), ("en-US", "color")),
        _unit(("en", "hue"), ("en-GB", "hue!"), ("en-GB", "shade")),
    )
    assert _read(path, "en", "en-GB") == [
        Rejected(RowFault.LANGUAGE, 1),
        Row(b"color", b"colour", 2),
        Row(b"hue", b"hue!", 3),
    ]
    assert _read(path, "en-GB", "en")[1:] == [Row(b"colour", b"color", 2), Row(b"hue!", b"hue", 3)]


def test_a_file_without_the_languages_says_which_it_has(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.tmx", _unit(("en", "a"), ("fr", "b")), _unit(("en-GB", "a"), ("fr", "b")))
    with pytest.raises(
        DataError, match=r"no unit in both en and de; .* in it: fr \(2\), en \(1\), en-GB \(1\)"
    ):
        _read(path)


@pytest.mark.parametrize(
    ("declared", "written", "actual"),
    [
        ("utf-16", "utf-8", "UTF-8"),
        ("UCS-2", "utf-8-sig", "UTF-8"),
        ("iso-8859-1", "utf-8-sig", "UTF-8"),
        ("utf-8", "utf-16", "UTF-16"),
        ("windows-1252", "utf-16-le", "UTF-16LE"),
        ("utf-8", "utf-16-be", "UTF-16BE"),
    ],
)
def test_a_declaration_that_the_bytes_contradict_is_overruled_and_said_once(
    tmp_path: Path, declared: str, written: str, actual: str
) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    path = _file(tmp_path / "a.tmx", _unit(("en", "ä"), ("de", "犬")), head=head)
    path.write_bytes(path.read_text(encoding="utf-8").encode(written))
    remark, row = _read(path)
    assert isinstance(remark, Remark)
    assert f"declares {declared}, but its bytes are {actual}" in remark.text
    assert row == Row("ä".encode(), "犬".encode(), 1)


@pytest.mark.parametrize(
    ("declared", "written"),
    [("utf-16", "utf-16"), ("utf-8", "utf-8-sig"), ("us-ascii", "utf-8"), ("iso-8859-1", "iso-8859-1")],
)
def test_a_declaration_that_is_true_is_not_mentioned(tmp_path: Path, declared: str, written: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    path = _file(tmp_path / "a.tmx", _unit(("en", "a"), ("de", "ö")), head=head)
    path.write_bytes(path.read_text(encoding="utf-8").encode(written))
    assert _read(path) == [Row(b"a", "ö".encode(), 1)]


def test_undefined_entity_and_cut_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not well-formed"):
        _read(_file(tmp_path / "a.tmx", _unit(("en", "&x;"), ("de", "b"))))
    whole = _file(tmp_path / "b.tmx", _unit(("en", "a"), ("de", "b"))).read_bytes()
    (tmp_path / "cut.tmx").write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"cut\.tmx is not well-formed XML or is cut short"):
        _read(tmp_path / "cut.tmx")


def test_endless_comment_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.tmx.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"<tmx><body><!--" + b"x" * (8 << 20))
    with pytest.raises(DataError, match="tag or comment of more than"):
        _read(path)


def test_rows_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    units = _unit(("en", "a"), ("de", "b")) * 5000
    path.write_text(f"<tmx><body>{units}")  # never closed
    rows = read_tmx(str(path), "en", "de", 100)
    assert next(rows) == Row(b"a", b"b", 1)
    with pytest.raises(DataError, match="cut short"):
        list(rows)


@pytest.mark.parametrize("encoding", ["gb2312", "no-such"])
def test_an_encoding_that_is_not_read_is_named_with_the_cure(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.tmx"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?><tmx/>'.encode())
    with pytest.raises(DataError, match=r"a\.tmx is in an encoding that is not read .* convert it to UTF-8"):
        _read(path)
