"""Tags come back in place, once each, nested as they were."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.hostile import hostile_strings
from tests.texts.cascade.models import Model, careless, marked, reversed_links, reversed_words
from texts.cascade import Answer, Options, translate
from texts.cascade.scanning import scan


def _translated(markup: str, model: Model, form: str = "html", **wishes: object) -> Answer:
    return translate([markup], Options("de", **{"source": "en", "format": form, **wishes}), model)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("markup", "rows", "translated"),
    [
        (
            '<p>Hello <b>big <i>bad</i></b> world.</p>\n<p class="a">One. Two.</p>',
            ["Hello big bad world.", "One.", "Two."],
            '<p>[Hello <b>big <i>bad</i></b> world.]</p>\n<p class="a">[One.] [Two.]</p>',
        ),
        ("<b>All of it.</b>", ["All of it."], "<b>[All of it.]</b>"),
        ("One<br>two<br/>three", ["One", "two", "three"], "[One]<br>[two]<br/>[three]"),
        ('Two <img src="a>b"> men', ["Two men"], '[Two <img src="a>b"> men]'),
        ("A &amp; b &lt; c &eacute;", ["A & b < c é"], "[A &amp; b &lt; c é]"),
        ("AT&T &copy", ["AT&T &copy"], "[AT&amp;T &amp;copy]"),
        ("a <!-- remark --> b", ["a b"], "[a <!-- remark --> b]"),
        (
            "<script>if (a<b) 'c'</script>Text<style>x</style>",
            ["Text"],
            "<script>if (a<b) 'c'</script>[Text]<style>x</style>",
        ),
        ("Call <code>f(x)</code> now", ["Call X1 now"], "[Call <code>f(x)</code> now]"),
        ('<p translate="no">Name</p><p>Text</p>', ["Text"], '<p translate="no">Name</p><p>[Text]</p>'),
        (
            'At <i class="b notranslate">Name</i> now',
            ["At X1 now"],
            '[At <i class="b notranslate">Name</i> now]',
        ),
        ("<pre>one\n  two</pre>", ["one", "two"], "<pre>[one]\n  [two]</pre>"),
        ("Hello\n    <b>you</b>\n", ["Hello you"], "[Hello\n    <b>you</b>]\n"),
        ("a < b and c > d", ["a < b and c > d"], "[a &lt; b and c &gt; d]"),
        ("<b>One. Two</b> three.", ["One.", "Two three."], "<b>[One.] [Two</b> three.]"),
        ("no <b>end", ["no end"], "[no <b>end]"),
        ("tag that never <b ends", ["tag that never <b ends"], "[tag that never &lt;b ends]"),
        ("<!DOCTYPE html><title>Title</title>", ["Title"], "<!DOCTYPE html><title>[Title]</title>"),
        ("<P>Hello <B>you</b> there</p>", ["Hello you there"], "<P>[Hello <B>you</b> there]</p>"),
        ("<p>12 %</p><br>", [], "<p>12 %</p><br>"),
        (
            '<a href="x"">link</a> or <b>bold</b>',
            ["link or bold"],
            '[<a href="x"">link</a> or <b>bold</b>]',
        ),
        ("<p class=Bob's>Hello <b>dear</b></p>", ["Hello dear"], "<p class=Bob's>[Hello <b>dear</b>]</p>"),
        ("a <b then it is John's <i>fine</b>", ["a fine"], "[a <b then it is John's <i>fine</b>]"),
        ('<a href="x>link</a> <b>bold</b>', ["link bold"], '[<a href="x>link</a> <b>bold</b>]'),
        (
            "<![if !supportLists]><p>It's</p><![endif]><!x [y><p>One</p>",
            ["It's", "One"],
            "<![if !supportLists]><p>[It's]</p><![endif]><!x [y><p>[One]</p>",
        ),
        ("<p a = 'x>y' b=c>d>One</p>", ["d>One"], "<p a = 'x>y' b=c>[d&gt;One]</p>"),
    ],
)
def test_html(markup: str, rows: list[str], translated: str) -> None:
    model = Model(marked)
    answer = _translated(markup, model)
    assert (answer.text, model.asked) == (translated, rows)
    assert answer.kept


@pytest.mark.parametrize(
    ("markup", "wishes", "translated"),
    [
        ("<r><p>Hello <b>you</b>.</p><q>One</q></r>", {}, "<r><p>[Hello <b>you</b>.]</p><q>[One]</q></r>"),
        ("<r><p>Hello <b>you</b></p></r>", {"splitting_tags": ("b",)}, "<r><p>[Hello] <b>[you]</b></p></r>"),
        ("<r><p>One</p><p>two</p></r>", {"non_splitting_tags": ("p",)}, "<r>[<p>One</p><p>two</p>]</r>"),
        ("<r><p>One</p> <p>two</p></r>", {"outline": False}, "<r>[<p>One</p> <p>two</p>]</r>"),
        ("<p>Hello <n>Bob</n>!</p>", {"ignore_tags": ("n",)}, "<p>[Hello <n>Bob</n>!]</p>"),
        ('<?xml version="1.0"?>\n<a>b</a>', {}, '<?xml version="1.0"?>\n<a>[b]</a>'),
        ('<!DOCTYPE a [<!ENTITY x "y>">]><a>&x; b</a>', {}, '<!DOCTYPE a [<!ENTITY x "y>">]><a>[&x; b]</a>'),
        ("<a><![CDATA[b & <c>]]></a>", {}, "<a><![CDATA[[b & <c>]]]></a>"),
        ('<a>One <x id="1"/> two</a>', {}, '<a>[One <x id="1"/> two]</a>'),
        ("Top <b>level</b>", {}, "[Top <b>level</b>]"),
    ],
)
def test_xml(markup: str, wishes: dict[str, object], translated: str) -> None:
    assert _translated(markup, Model(marked), "xml", **wishes).text == translated


def test_tags_go_where_the_alignment_says_that_their_words_went() -> None:
    model = Model(reversed_words, reversed_links)
    answer = _translated("Hello <b>big <i>bad</i></b> old <u>world</u>", model)
    assert answer.text == "<u>world</u> old <b><i>bad</i> big</b> Hello"
    assert [note.gave for note in answer.notes if note.stage == "markup"] == ["by alignment"]


def test_without_an_alignment_they_go_by_place_and_it_is_said() -> None:
    answer = _translated("Hello <b>big</b> world", Model(lambda _: "Hallo große weite Welt"))
    assert answer.text == "Hallo <b>große</b> weite Welt"
    assert [note.gave for note in answer.notes] == ["by place"]


def test_words_that_the_translation_parts_leave_others_out_of_their_element() -> None:
    links = ((0, 0), (1, 3), (2, 1), (2, 2), (1, 4))
    model = Model(lambda _: "er sieht das an ihn", lambda *_: links)
    assert _translated("he <b>looks</b> <i>at</i>", model).text == "er <i>sieht das</i> <b>an ihn</b>"


def test_an_element_that_cannot_keep_its_words_is_said() -> None:
    answer = _translated("<b>One</b> <i>two</i> three", Model(lambda _: ""))
    assert answer.text.replace(" ", "") == "<b></b><i></i>"
    assert not answer.kept


def test_things_stay_in_their_elements() -> None:
    text = _translated('See <a href="x">{name} now</a> or <b>%s</b>', Model(reversed_words)).text
    assert text == '<b>%s</b> or <a href="x">now {name}</a> See'


_TAGS = ["<i>", "</i>", "<b>", "</b>", "<br>", "<p>", "</p>", "<x/>", "<!--", "-->", "<code>", "</code>"]
_VALUES = [*_TAGS, "a", " ", "One. ", "&amp;", "{x}", "\n", "<", "&", '"']
_BOMBS = [
    "<a",
    '<a "',
    "<!--",
    "<![CDATA[",
    "<!x [",
    "<b>",
    "</b>",
    "<b>x",
    "<b> a </b> ",
    "&",
    "{",
    "{{",
    "`",
]
_BOMBS += ["{{", "`", "{x, plural, ", "**", "[", "](", "a\n", "X1 {a} ", "@", "-", "a.b", "1.", "%"]


@examples(150)
@given(st.lists(st.sampled_from(_VALUES), max_size=14).map("".join), st.sampled_from(["html", "xml"]))
def test_a_model_that_changes_nothing_changes_no_markup(markup: str, form: str) -> None:
    text = _translated(markup, Model(str), form).text
    assert _tags(text) == _tags(markup)
    plain = re.sub(r"\s|&(amp|lt|gt);|[<>&]", "", markup)
    assert re.sub(r"\s|&(amp|lt|gt);|[<>&]", "", text) == plain or Counter(text) >= Counter(plain)


def _tags(markup: str) -> Counter[str]:
    return Counter(mark.raw.strip() for mark in scan(markup) if mark.kind != "text")


def _element(chance: random.Random, depth: int = 0) -> str:
    words = ["the", "dog", "runs", "a", "house", "&amp;", "{name}", "%s", "me@mail.example", "Two men."]
    parts = []
    for _ in range(chance.randint(1, 5)):
        if depth < 4 and chance.random() < 0.4:
            name = chance.choice(["b", "i", "a", "u", "p", "li"]) if depth == 0 else chance.choice("biau")
            number = chance.randrange(10**6)
            parts.append(f'<{name} id="{number}">{_element(chance, depth + 1)}</{name}>')
        elif chance.random() < 0.15:
            parts.append(chance.choice(["<br/>", '<img src="x"/>', "<!-- c -->"]))
        else:
            parts.append(chance.choice(words))
    return chance.choice([" ", " ", "\n  "]).join(parts)


def _is_well_nested(markup: str) -> bool:
    stack = []
    for mark in scan(markup):
        if mark.kind == "open":
            stack.append(mark.name)
        elif mark.kind == "close" and (not stack or stack.pop() != mark.name):
            return False
    return not stack


def _random_links(row: str, text: str) -> tuple[tuple[int, int], ...]:
    chance = random.Random(row)
    count = len(row.split())
    return tuple(
        (chance.randrange(count), word) for word in range(len(text.split())) if chance.random() < 0.8
    )


@pytest.mark.parametrize(("form", "align"), [("xml", lambda *_: None), ("html", _random_links)])
def test_of_1000_texts_no_tag_is_lost_doubled_or_ill_nested(form: str, align: Callable[..., None]) -> None:
    chance = random.Random(form)
    texts = [_element(chance) for _ in range(500)]
    model = Model(lambda row: marked(careless(len(row))(row)), align)
    answers = translate(texts, Options("de", source="en", format=form), model)  # type: ignore[arg-type]
    for text, answer in zip(texts, answers, strict=True):
        assert _tags(answer.text) == _tags(text), (text, answer)
        assert _is_well_nested(answer.text), (text, answer)
        for thing in ("{name}", "%s", "me@mail.example"):
            assert answer.text.count(thing) == text.count(thing), (text, answer)


@pytest.mark.parametrize("form", ["html", "xml", "markdown"])
def test_hostile_text_is_survived(form: str) -> None:
    texts = hostile_strings(150)
    model = Model(lambda row: row[::-1])
    assert len(translate(texts, Options("de", source="en", format=form), model)) == len(texts)  # type: ignore[arg-type]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("evil", ["<!--", "<?", "<![CDATA["])
def test_an_end_that_is_missing_is_looked_for_once(evil: str) -> None:
    markup = evil * 400_000 + "<b>"
    assert [mark.raw for mark in scan(markup)] == [markup[:-3], "<b>"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "evil",
    ["<a ", '<a b="', "<a b='>", "<!x ", "<!x [>", "<!x '>", "<a =", "<a b = ", "</", "<a>", "<a / ", "="],
)
def test_markup_is_read_once(evil: str) -> None:
    markup = "<p " + evil * 200_000
    assert "".join(mark.raw for mark in scan(markup)) == markup
    assert all(isinstance(mark.attributes(), dict) for mark in scan(markup) if mark.name)


def test_attributes_by_htmls_states() -> None:
    [mark] = scan("""<a B="x>y" c='d' b=2 e f = /g/ =i "h" = j>""")
    assert mark.attributes() == {"b": "x>y", "c": "d", "e": "", "f": "/g/", "=i": "", '"h"': "j"}
    [mark] = scan("<br translate='no'/>")
    assert (mark.kind, mark.attributes()) == ("empty", {"translate": "no"})


@pytest.mark.parametrize("evil", _BOMBS)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_what_is_repeated_a_thousand_times_takes_no_thousandfold(form: str, evil: str) -> None:
    """Where it did, this test would run into its limit of time."""
    assert _translated(evil * 1000, Model(str), form).text
