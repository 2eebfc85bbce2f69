"""A document's sentences beside their translations."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.texts.cascade.models import Model
from texts.cascade import Options, translate
from texts.documents.base import read_document
from texts.documents.bilingual import bilingual


def test_each_sentence_stands_beside_what_became_of_it() -> None:
    document = read_document("a.html", b"<p>One &amp; <b>two</b>. Three\x01.</p><p>12</p>")
    options = document.options(Options("de", source="en"))
    answers = translate(document.texts, options, Model("[{}]".format))
    tree = ElementTree.fromstring(bilingual('a"b<.html', document.texts, answers, "en", "de"))
    space = "{urn:oasis:names:tc:xliff:document:1.2}"
    [file] = tree.iter(f"{space}file")
    assert file.attrib["original"] == 'a"b<.html'
    assert (file.attrib["source-language"], file.attrib["target-language"]) == ("en", "de")
    pairs = [[part.text for part in unit] for unit in tree.iter(f"{space}trans-unit")]
    assert pairs == [
        ["One &amp; <b>two</b>.", "[One &amp; <b>two</b>.]"],
        ["Three\ufffd.", "[Three\ufffd.]"],
    ]
