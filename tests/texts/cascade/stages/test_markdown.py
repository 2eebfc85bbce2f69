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
    ],
)
def test_markdown(text: str, translated: str) -> None:
    answer = _translated(text, Model(marked))
    assert answer.text == translated
    assert answer.kept


def test_emphasis_goes_with_its_words() -> None:
    answer = _translated("> Hello **big\n> old** `x` world", Model(reversed_words, reversed_links))
    assert answer.text == "> world `x` **old\n> big** Hello"


_BLOCKS = ["# ", "- ", "> ", "1. ", "\n", "\n\n", "|", "    ", "\r\n", "\t", "---", "  \n", "a", "b ", "a"]
_INLINES = ["*", "**", "_", "`", "[", "](x)", "![", "\\", "<b>", "&lt;", "~~", "<http://x.y>", "[^1]"]
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
