"""Markdown comes back as Markdown of the same form."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.examples import examples
from tests.texts.cascade.models import Model, careless, marked, reversed_links, reversed_words
from texts.cascade import Answer, Options, translate


def _translated(text: str, model: Model) -> Answer:
    return translate([text], Options("de", source="en", format="markdown"), model)[0]


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("# A *big* heading #\n", "# [A *big* heading] #\n"),
        ("Hello **big _old_ words** and `code *x*`.\n", "[Hello **big _old_ words** and `code *x*`.]\n"),
        ("One\ntwo. Three", "[One\ntwo.] [Three]"),
        ("One\\\ntwo  \nthree", "[One]\\\n[two]  \n[three]"),
        ('A [link to](http://a.b/c_(d) "T") here', '[A [link to](http://a.b/c_(d) "T") here]'),
        ("An ![image](x.png) here", "[An ![image](x.png) here]"),
        ("> One\r\n> **two\r\n> three**.\r\n", "> [One\r\n> **two\r\n> three**.]\r\n"),
        ("- One\n  - [ ] two\n1. 1\n2. two\n", "- [One]\n  - [ ] [two]\n1. 1\n2. [two]\n"),
        (
            "```\ncode here\n```\n\n    more code\n\nText\n",
            "```\ncode here\n```\n\n    more code\n\n[Text]\n",
        ),
        ("|A|B \\| c|\n|---|---|\n|one|two *x*|\n", "|[A]|[B \\| c]|\n|---|---|\n|[one]|[two *x*]|\n"),
        ("<div>\nSome <b>words</b>\n</div>\n", "<div>\n[Some <b>words</b>]\n</div>\n"),
        (
            "[ref]: http://x.y 'T'\n\nSee [ref] or [it][ref].",
            "[ref]: http://x.y 'T'\n\n[See [ref] or [it][ref].]",
        ),
        ("At <http://x.y> or note[^1].", "[At <http://x.y> or note[^1].]"),
        ("Not \\*this\\* &amp; 2 &lt; 3", "[Not \\*this\\* \\& 2 \\< 3]"),
        ("---\ntitle: T\n---\nText\n", "---\ntitle: T\n---\n[Text]\n"),
        ("Title\n=====\n\n***\n", "[Title]\n=====\n\n***\n"),
        ("Some <b>words</b> here", "[Some <b>words</b> here]"),
        ("|A|\n|-|\n|One<br>two<BR/> three|\n", "|[A]|\n|-|\n|[One]<br>[two]<BR/> [three]|\n"),
        ("Press <kbd>Enter</kbd> now", "[Press <kbd>Enter</kbd> now]"),
    ],
)
def test_markdown(text: str, translated: str) -> None:
    answer = _translated(text, Model(marked))
    assert answer.text == translated
    assert answer.kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('Our <span translate="no">old Dragon</span> sings', '<span translate="no">old Dragon</span>'),
        ("> Our <i class='big notranslate'>old\n> **Dragon**</i> sings", "**Dragon**</i>"),
        ("> Our <kbd>old <b>Dragon</b></kbd> sings", "<kbd>old <b>Dragon</b></kbd>"),
        ("Our **<span translate=no>old Dragon</span>** sings", "<span translate=no>old Dragon</span>"),
        ('Our <b translate="no">old<br>Dragon</b> sings', '<b translate="no">old<br>Dragon</b>'),
        ("|A|\n|-|\n|Our <code>old \\| Dragon</code> sings|", "<code>old \\| Dragon</code>"),
        ('See <img translate="no" alt="old Dragon"> sing', '<img translate="no" alt="old Dragon">'),
        ("Our <x-y>old Dragon</x-y> sings", "<x-y>old Dragon</x-y>"),
    ],
)
def test_an_element_that_is_not_translated_is_kept(text: str, kept: str) -> None:
    model = Model(str.upper)
    options = Options("de", source="en", format="markdown", ignore_tags=("x-y",))
    [answer] = translate([text], options, model)
    assert kept in answer.text
    assert "OUR" in answer.text or "SEE" in answer.text
    assert "ragon" not in "".join(model.asked).lower()


@pytest.mark.parametrize(
    "text", ['<span translate="no">One **two</span> three**', '**One <span translate="no">two** three</span>']
)
def test_an_element_that_markdown_cuts_in_two_is_as_it_was(text: str) -> None:
    answer = _translated(text, Model(str.upper))
    assert re.findall("<[^>]*>|[*]+", answer.text) == re.findall("<[^>]*>|[*]+", text)


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        (
            'One\n\n<div translate="no">\n\ntwo\n\n- **three**\n\n</div>\n\nfour\n',
            '[One]\n\n<div translate="no">\n\ntwo\n\n- **three**\n\n</div>\n\n[four]\n',
        ),
        (
            "<p>One</p>\n<div class='notranslate'>\ntwo\n\nthree\n\n<p>four</p></div>\n<p>five</p>\n",
            "<p>[One]</p>\n<div class='notranslate'>\ntwo\n\nthree\n\n<p>four</p></div>\n<p>[five]</p>\n",
        ),
        (
            '<div translate="no">\n\none\n\n</div><div translate="no">\n\ntwo\n\n</div>three\n',
            '<div translate="no">\n\none\n\n</div><div translate="no">\n\ntwo\n\n</div>[three]\n',
        ),
        ('<div translate="no">\n\none\n', '<div translate="no">\n\n[one]\n'),
        ("<div>\n\none\n\n</div>\n", "<div>\n\n[one]\n\n</div>\n"),
    ],
)
def test_an_element_over_several_paragraphs_is_kept(text: str, translated: str) -> None:
    answer = _translated(text, Model(marked))
    assert answer.text == translated
    assert answer.kept


def test_elements_without_an_end_are_within_others() -> None:
    answer = _translated("Hello <b>big <img> old</b> world", Model(reversed_words, reversed_links))
    assert answer.text == "world <b><img> old big</b> Hello"


def test_emphasis_goes_with_its_words() -> None:
    answer = _translated("> Hello **big\n> old** `x` world", Model(reversed_words, reversed_links))
    assert answer.text == "> world `x` **old\n> big** Hello"


_BLOCKS = ["# ", "- ", "> ", "1. ", "\n", "\n\n", "|", "    ", "\r\n", "\t", "---", "  \n", "a", "b ", "a"]
_INLINES = ["*", "**", "_", "`", "[", "](x)", "![", "\\", "<b>", "&lt;", "~~", "<http://x.y>", "[^1]"]
_INLINES += ["</b>", "<i translate=no>", "</i>", "<br>", "<div translate=no>", "</div>"]
_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@examples(60)
@given(st.lists(st.sampled_from(_BLOCKS + _INLINES), max_size=16).map("".join))
def test_a_model_that_changes_nothing_changes_nothing_that_is_seen(text: str) -> None:
    def seen(markdown: str) -> str:
        return re.sub(r"\s+", " ", _READER.render(markdown))

    assert seen(_translated(text, Model(str)).text) == seen(text)


def test_nothing_is_lost_or_doubled_by_a_careless_model() -> None:
    chance = random.Random(4)
    parts = [
        "the dog",
        "**big _old_ house**",
        "`f(x)`",
        "[a link](http://x.y/z)",
        "*two men*",
        "{name}",
        "Yes.",
    ]
    texts = [" ".join(chance.choices(parts, k=chance.randint(1, 6))) for _ in range(200)]
    texts = [text + chance.choice(["", "\n> x", "\n- y"]) for text in texts]
    answers = translate(texts, Options("de", source="en", format="markdown"), Model(careless(5)))
    assert sum(answer.kept for answer in answers) > 120
    for text, answer in zip(texts, answers, strict=True):
        for mark in ("*", "_", "`f(x)`", "](http://x.y/z)", "{name}", "[", "\n"):
            assert answer.text.count(mark) == text.count(mark), (text, answer)


def test_a_paragraph_that_is_not_found_is_said() -> None:
    answer = _translated("One\n\ntwo \0 men\n\nThree", Model(marked))
    assert answer.text == "[One]\n\ntwo \0 men\n\n[Three]"
    assert not answer.kept
    assert [note.took for note in answer.notes if not note.kept] == ["two \ufffd men"]


@pytest.mark.timeout(60)
def test_footnotes_that_never_end_are_read_once() -> None:
    assert _translated("[^" * 8000, Model(str)).text
