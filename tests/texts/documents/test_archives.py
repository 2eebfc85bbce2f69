"""Documents that are archives: words change, everything else is there as it was; bombs are refused."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree

import pytest

from tests.texts.cascade.models import Model, reversed_links, reversed_words
from texts.cascade import Options
from texts.documents import archives, ooxml
from texts.documents.base import DocumentError, read_document, translate_document

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_TYPES = {
    "document": "wordprocessingml.document.main",
    "header": "wordprocessingml.header",
    "footnotes": "wordprocessingml.footnotes",
    "presentation": "presentationml.presentation.main",
    "slide": "presentationml.slide",
    "workbook": "spreadsheetml.sheet.main",
    "sharedStrings": "spreadsheetml.sharedStrings",
    "sheet": "spreadsheetml.worksheet",
    "table": "spreadsheetml.table",
}


def _content_types(names: Iterable[str]) -> str:
    """Of parts whose names, numbers apart, are in `_TYPES`."""
    types = ((name, _TYPES.get(re.sub(r"\d*_xml$", "", name.rpartition("__")[2]))) for name in names)
    return "".join(
        [
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">',
            *(
                f'<Override PartName="/{re.sub("_xml$", ".xml", name.replace("__", "/"))}" '
                f'ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
                for name, kind in types
                if kind
            ),
            "</Types>",
        ]
    )


def _archive(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/x", zipfile.ZIP_STORED)
        for name, content in files.items():
            archive.writestr(re.sub("_(xml|xhtml|ncx|opf)$", r".\1", name.replace("__", "/")), content)
        archive.writestr("[Content_Types].xml", _content_types(files))
        archive.writestr("media/picture.png", bytes(range(256)))
    return out.getvalue()


def _translated(name: str, data: bytes, model: Model | None = None) -> dict[str, str]:
    written, _ = translate_document(name, data, Options("de", source="en"), model or Model("[{}]".format))
    with zipfile.ZipFile(io.BytesIO(written)) as new, zipfile.ZipFile(io.BytesIO(data)) as old:
        assert [info.filename for info in new.infolist()] == [info.filename for info in old.infolist()]
        assert [info.compress_type for info in new.infolist()] == [
            info.compress_type for info in old.infolist()
        ]
        assert new.read("media/picture.png") == old.read("media/picture.png")
        texts = {
            info.filename: new.read(info).decode()
            for info in new.infolist()
            if info.filename != "media/picture.png"
        }
    for file, text in texts.items():
        if file.endswith("xml"):
            ElementTree.fromstring(text)
    return texts


def _word(body: str) -> str:
    return f'<?xml version="1.0"?><w:document {W}><w:body>{body}</w:body></w:document>'


def test_word_keeps_paragraphs_properties_and_all_that_is_no_word() -> None:
    bold = "<w:rPr><w:b/></w:rPr>"
    first = (
        '<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>Hello </w:t></w:r><w:r><w:t>old</w:t></w:r>'
        f'<w:bookmarkStart w:id="0"/><w:r>{bold}<w:t xml:space="preserve"> big</w:t></w:r>'
        '<w:bookmarkEnd w:id="0"/><w:r><w:t xml:space="preserve"> world &amp; more</w:t></w:r>'
        "<w:r><w:br/></w:r><w:r><w:t>Second</w:t></w:r></w:p>"
    )
    untouched = "<w:p><w:r><w:t>12</w:t></w:r></w:p><w:sectPr/>"
    head = _word("<w:p><w:r><w:t>Head</w:t></w:r></w:p>")
    document = _archive(word__document_xml=_word(first + untouched), word__header1_xml=head)
    files = _translated("a.docx", document)
    text = files["word/document.xml"]
    tree = ElementTree.fromstring(text)
    words = [element.text or "" for element in tree.iter() if element.tag.endswith("}t")]
    assert "".join(words) == "[Hello old big world & more][Second]12"
    assert text.count(bold) == text.count("<w:br/>") == text.count("bookmarkStart") == 1
    [run] = [
        run
        for run in tree.iter()
        if run.tag.endswith("}r") and any(element.tag.endswith("}b") for element in run.iter())
    ]
    assert "".join(run.itertext()).strip() == "big"
    assert '<w:p><w:pPr><w:jc w:val="center"/></w:pPr>' in text
    assert text.endswith(untouched + "</w:body></w:document>")
    assert "[Head]" in files["word/header1.xml"]


def _with_types(archive: bytes, types: str) -> bytes:
    return archives.packed(archive, {archives.names(archive).index("[Content_Types].xml"): types.encode()})


_MAIN = 'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"'


@pytest.mark.parametrize(
    "types",
    [
        f'<Types><Override PartName="/word/document2.xml" {_MAIN}/></Types>',
        f'<t:Types><t:Override {_MAIN} PartName="/Word/Document2.XML"></t:Override></t:Types>',
        f'<Types><Default Extension="XML" {_MAIN}/>'
        '<Override PartName="/word/header1.xml" ContentType="x"/></Types>',
        '<Types><Override PartName="/word/document2.xml" '
        'ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>',
    ],
)
def test_the_body_of_a_word_document_is_what_its_content_type_says(types: str) -> None:
    """Word Online calls it `document2.xml`; some libraries name its type as that of all others."""
    body = _word("<w:p><w:r><w:t>One</w:t></w:r></w:p>")
    archive = _with_types(_archive(word__document2_xml=body, word__header1_xml=body), types)
    opened = read_document("a.docx", archive)
    assert opened.texts == ("One",)
    with zipfile.ZipFile(io.BytesIO(opened.write(["Eins"]))) as written:
        assert "Eins" in written.read("word/document2.xml").decode()


def test_content_types_that_define_entities_are_refused() -> None:
    archive = _archive(word__document_xml=_word("<w:p/>"))
    with pytest.raises(DocumentError, match="defines entities"):
        read_document("a.docx", _with_types(archive, '<!DOCTYPE a [<!ENTITY x "y">]><Types/>'))
    with pytest.raises(DocumentError, match="no part of the archive"):
        read_document("a.docx", _with_types(archive, "<Types"))


def test_word_moves_links_and_notes_with_their_words() -> None:
    body = (
        '<w:p><w:r><w:t xml:space="preserve">See </w:t></w:r><w:hyperlink r:id="rId1" xmlns:r="r"><w:r>'
        '<w:t>this page</w:t></w:r></w:hyperlink><w:r><w:t xml:space="preserve"> now</w:t></w:r>'
        '<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    )
    files = _translated(
        "a.docx", _archive(word__document_xml=_word(body)), Model(reversed_words, reversed_links)
    )
    text = files["word/document.xml"]
    tree = ElementTree.fromstring(text)
    assert "".join(tree.itertext()) == "now page this See"
    [link] = [element for element in tree.iter() if element.tag.endswith("}hyperlink")]
    assert "".join(link.itertext()) == "page this"
    assert text.count("footnoteReference") == 1


def test_word_reads_what_was_moved_here_and_what_has_a_direction_of_its_own() -> None:
    inside = "<w:r><w:t>Four words are here</w:t></w:r>"
    for name in ("moveTo", "customXml", "bdo", "dir", "ins"):
        document = _word(f"<w:p><w:{name}>{inside}</w:{name}></w:p>")
        files = _translated("a.docx", _archive(word__document_xml=document))
        assert f">[Four words are here]</w:t></w:r></w:{name}></w:p>" in files["word/document.xml"]
    gone = _word(f"<w:p><w:moveFrom>{inside}</w:moveFrom><w:r><w:t>One</w:t></w:r></w:p>")
    files = _translated("a.docx", _archive(word__document_xml=gone))
    assert f"<w:moveFrom>{inside}</w:moveFrom>" in files["word/document.xml"]
    assert ">[One]<" in files["word/document.xml"]


def test_slides_and_sheets() -> None:
    slide = (
        f'<p:sld xmlns:p="p" {A}><a:p><a:pPr lvl="1"/><a:r><a:rPr lang="en"/><a:t>One two</a:t></a:r>'
        '<a:endParaRPr lang="en"/></a:p></p:sld>'
    )
    files = _translated("a.pptx", _archive(ppt__presentation_xml="<p/>", ppt__slides__slide1_xml=slide))
    assert files["ppt/slides/slide1.xml"] == slide.replace("One two", "[One two]")
    shared = (
        "<sst><si><t>One</t></si><si><r><t>Two words </t></r><r><rPr><b/></rPr><t>three</t></r></si>"
        "<si><t>3.5</t></si></sst>"
    )
    sheet = '<ws><c><is><t>Four</t></is></c><c><f>IF(A1="x","Yes","No")</f><v>2</v></c></ws>'
    workbook = _archive(
        xl__workbook_xml="<w/>", xl__sharedStrings_xml=shared, xl__worksheets__sheet1_xml=sheet
    )
    files = _translated("a.xlsx", workbook)
    word = '<t xml:space="preserve">'
    assert files["xl/sharedStrings.xml"] == (
        f"<sst><si>{word}[One]</t></si><si><r>{word}[Two words </t></r><r><rPr><b/></rPr>{word}three</t></r>"
        f"<r>{word}]</t></r></si><si><t>3.5</t></si></sst>"
    )
    assert files["xl/worksheets/sheet1.xml"] == sheet.replace("<t>Four", f"{word}[Four]")


def test_names_of_columns_of_a_table_stay() -> None:
    """Excel calls a table damaged whose header says another name."""
    shared = (
        "<sst><si><t>Unit &amp; price</t></si><si><r><t>In </t></r><r><rPr><b/></rPr><t>stock\nnow</t></r>"
        "</si><si><t>Price</t></si></sst>"
    )
    sheet = "<ws><c><is><t>Name</t></is></c><c><is><t>One</t></is></c></ws>"
    table = (
        '<x:table xmlns:x="x" ref="A1:C3"><x:tableColumns><x:tableColumn id="1" name="Unit &amp; price"/>'
        '<x:tableColumn id="2" name="In stock_x000a_now"/><x:tableColumn id="3" name="Name">'
        "<x:calculatedColumnFormula>[Name]</x:calculatedColumnFormula></x:tableColumn></x:tableColumns></x:table>"
    )
    archive = _archive(
        xl__workbook_xml="<w/>",
        xl__sharedStrings_xml=shared,
        xl__worksheets__sheet1_xml=sheet,
        xl__tables__table1_xml=table,
    )
    opened = read_document("a.xlsx", archive)
    assert opened.texts == ("Price", "One")
    files = _translated("a.xlsx", archive)
    word = '<t xml:space="preserve">'
    assert files["xl/sharedStrings.xml"] == shared.replace("<t>Price", f"{word}[Price]")
    assert files["xl/worksheets/sheet1.xml"] == sheet.replace("<t>One", f"{word}[One]")


def test_opendocument_and_books() -> None:
    content = (
        '<office:document-content xmlns:office="o" xmlns:text="t"><office:styles><x>No</x></office:styles>'
        "<office:body><text:h>A title</text:h><text:p>One <text:span>two</text:span><text:note>"
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body>"
        "</text:note> three</text:p></office:body></office:document-content>"
    )
    files = _translated("a.odt", _archive(content_xml=content, meta_xml="<m>Nothing</m>"))
    assert "<x>No</x>" in files["content.xml"]
    assert (
        "<text:h>[A title]</text:h><text:p>[One <text:span>two</text:span>]<text:note>"
        in files["content.xml"]
    )
    assert "<text:p>[A note.]</text:p>" in files["content.xml"]
    assert files["meta.xml"] == "<m>Nothing</m>"
    chapter = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>One <i>two</i><br/>three</p></body></html>'
    files = _translated("a.epub", _archive(OEBPS__one_xhtml=chapter))
    assert "<p>[One <i>two</i>]<br/>[three]</p>" in files["OEBPS/one.xhtml"]


def test_a_translated_book_says_its_new_language_and_title() -> None:
    head = '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{0}" lang="{0}">'
    contents = '<?xml version="1.0"?><ncx xml:lang="{}"><navMap/></ncx>'
    package = (
        '<?xml version="1.0"?>\n<!-- a book --><package version="3.0" xml:lang="{0}"><metadata>'
        '<dc:title id="t">{1}</dc:title><dc:creator>One</dc:creator><dc:language>{0}</dc:language>'
        "<dc:description/><dc:language>fr</dc:language></metadata></package>"
    )
    files = _translated(
        "a.epub",
        _archive(
            OEBPS__one_xhtml=head.format("en-GB") + "<body><p>One</p></body></html>",
            toc_ncx=contents.format("en"),
            OEBPS__content_opf=package.format("en", "Salt &amp; pepper"),
        ),
    )
    assert files["OEBPS/one.xhtml"] == head.format("de") + "<body><p>[One]</p></body></html>"
    assert files["toc.ncx"] == contents.format("de")
    assert files["OEBPS/content.opf"] == package.format("de", "[Salt &amp; pepper]")


def test_what_is_no_archive_of_this_format_is_refused() -> None:
    for data, message in (
        (b"", "no document"),
        (b"PK\x03\x04 broken", "no document"),
        (_archive(other_xml="<a/>"), "no part of the archive is a wordprocessingml.document"),
        (
            _archive(word__header1_xml=_word("<w:p/>")),
            "no part of the archive is a wordprocessingml.document",
        ),
        (_archive(xl__workbook_xml="<a/>"), "no part of the archive is a wordprocessingml.document"),
        (_archive(word__document_xml='<!DOCTYPE a [<!ENTITY x "y">]><a/>'), "defines entities"),
    ):
        with pytest.raises(DocumentError, match=message):
            translate_document("a.docx", data, Options("de", source="en"), Model(str))


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _archive(word__document_xml=_word("<w:p>" + " " * (2 << 20) + "</w:p>"))
    with pytest.raises(DocumentError, match="suspiciously small"):
        translate_document("a.docx", bomb, Options("de", source="en"), Model(str))
    monkeypatch.setattr(archives, "_MOST_BYTES", 1000)
    with pytest.raises(DocumentError, match="too large"):
        translate_document("a.docx", bomb, Options("de", source="en"), Model(str))


def test_parts_too_large_or_of_too_many_marks_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = _archive(word__document_xml=_word("<w:p/>" * 1000), word__footnotes_xml=_word("x" * 1000))
    monkeypatch.setattr(ooxml, "read", lambda _: pytest.fail("read"))
    for name, most in (("_MOST_BYTES_READ", 7000), ("_MOST_MARKS", 1000)):
        with monkeypatch.context() as patch:
            patch.setattr(archives, name, most)
            with pytest.raises(DocumentError, match="and may have"):
                translate_document("a.docx", archive, Options("de", source="en"), Model(str))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_as_no_document_is_refused(packing: int) -> None:
    """The library unpacks all of it at once, whatever size it says."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("word/document.xml", _word("<w:p/>" * 1000))
    with pytest.raises(DocumentError, match="packed as no document"):
        translate_document("a.docx", out.getvalue(), Options("de", source="en"), Model(str))


def test_a_name_that_is_no_text_is_refused() -> None:
    archive = _archive(word__document_xml=_word("<w:p/>"), ä="a")
    with pytest.raises(DocumentError, match="no document of this format"):
        read_document("a.docx", archive.replace("ä".encode(), b"\xff\xff"))


def test_a_document_that_waits_holds_no_more_than_it_came_with() -> None:
    word = _word("<w:p><w:r><w:t>One</w:t></w:r></w:p>")
    archive = _archive(word__document_xml=word, **{f"media__{place}": "\0" * 900_000 for place in range(20)})
    tracemalloc.start()
    opened = read_document("a.docx", archive)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1 << 20
    with zipfile.ZipFile(io.BytesIO(opened.write(["Eins"]))) as written:
        assert written.read("media/7") == bytes(900_000)
        assert b"Eins" in written.read("word/document.xml")


@pytest.mark.parametrize(
    "inside", ['<x n="9"/>', '<x n="a"/>', '<r n="7">a</r>', "<!--a-->", "<![CDATA[a]]>", '<w n="0"/>']
)
def test_markup_in_words_is_not_taken_for_ours(inside: str) -> None:
    words = f"<w:r><w:t>Hello {inside} there</w:t></w:r>"
    opened = read_document(
        "a.docx", _archive(word__document_xml=_word(f"<w:p>{words}<w:r><w:t>One</w:t></w:r></w:p>"))
    )
    with zipfile.ZipFile(
        io.BytesIO(opened.write([text.replace("One", "Eins") for text in opened.texts]))
    ) as written:
        text = written.read("word/document.xml").decode()
    assert words in text
    assert '<w:t xml:space="preserve">Eins</w:t>' in text


def test_a_wrapper_that_closes_nothing_is_kept_as_it_is() -> None:
    body = "<w:p></w:ins><w:r><w:t>One</w:t></w:r><w:ins><w:r><w:t>two</w:t></w:r></w:ins></w:ins></w:p>"
    opened = read_document("a.docx", _archive(word__document_xml=_word(body)))
    written = opened.write([text.replace("One", "Eins") for text in opened.texts])
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        text = archive.read("word/document.xml").decode()
    assert text.replace(' xml:space="preserve"', "") == _word(body.replace("One", "Eins"))


def test_wrappers_that_never_end_cost_no_more_than_others() -> None:
    """It takes a tenth of a second, and took a minute."""
    archive = _archive(
        word__document_xml=_word("<w:p>" + "<w:ins>" * 20_000 + "<w:r><w:t>One</w:t></w:r></w:p>")
    )
    started = time.process_time()
    assert len(read_document("a.docx", archive).texts) == 1
    assert time.process_time() - started < 10
