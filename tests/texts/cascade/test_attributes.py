"""What HTML's tags show their readers is translated, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.texts.cascade.models import Model, marked, reversed_links, reversed_words
from texts.cascade import Answer, Options, Plan, Rendering, prepare, translate
from texts.cascade.scanning import scan


def _translated(markup: str, model: Model, **wishes: object) -> Answer:
    return translate([markup], Options("de", **{"source": "en", "format": "html", **wishes}), model)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("markup", "rows", "translated"),
    [
        (
            '<p title="A title">One <img alt="a cat" src="a b"> here</p>',
            ["A title", "a cat", "One here"],
            '<p title="[A title]">[One <img alt="[a cat]" src="a b"> here]</p>',
        ),
        ("<img alt='It is'>", ["It is"], "<img alt='[It is]'>"),
        ("<img alt=cat>", ["cat"], '<img alt="[cat]">'),
        ("<a title='a &amp; b'><img alt=\"\"></a>", ["a & b"], "<a title='[a &amp; b]'><img alt=\"\"></a>"),
        (
            '<abbr TITLE="One. Two.">o</abbr> is <br title="three"> 5',
            ["One.", "Two.", "three", "o is"],
            '[<abbr TITLE="[One.] [Two.]">o</abbr> is] <br title="[three]"> 5',
        ),
        ('<img alt="12" title="">A', ["A"], '<img alt="12" title="">[A]'),
        ('<img alt="see {name} now">', ["see X1 now"], '<img alt="[see {name} now]">'),
        ('<p translate="no" title="as it is">Name</p>', [], '<p translate="no" title="as it is">Name</p>'),
        ('<code title="as it is">x</code> is', ["X1 is"], '[<code title="as it is">x</code> is]'),
        ('<img data-alt="no" alt-x="no" alt>', [], '<img data-alt="no" alt-x="no" alt>'),
        ('<img translate="no" alt="A name">', [], '<img translate="no" alt="A name">'),
        (
            'One <img class="b notranslate" alt="A name"> here',
            ["One here"],
            '[One <img class="b notranslate" alt="A name"> here]',
        ),
        (
            '<p title="a"><br translate="no" title="A name"/>b',
            ["a", "b"],
            '<p title="[a]"><br translate="no" title="A name"/>[b]',
        ),
        (
            "<img alt='a'> <img translate=no alt='A name'>",
            ["a"],
            "<img alt='[a]'> <img translate=no alt='A name'>",
        ),
        ("<!-- <img alt='no'> -->A", ["A"], "<!-- <img alt='no'> -->[A]"),
    ],
)
def test_values_are_translated_where_they_are(markup: str, rows: list[str], translated: str) -> None:
    model = Model(marked)
    answer = _translated(markup, model)
    assert (answer.text, model.asked) == (translated, rows)
    assert answer.kept


@pytest.mark.parametrize("tag", ['<img alt="x y"/>', '<img alt="x y">', '<input title="x y">'])
def test_those_of_empty_elements_that_are_ignored_stay(tag: str) -> None:
    model = Model(marked)
    answer = _translated(f"one {tag}", model, ignore_tags=["img", "input"])
    assert (answer.text, model.asked) == (f"[one] {tag}", ["one"])


def test_of_one_that_was_too_long_it_is_said() -> None:
    plan = prepare(['<img alt="One. Two.">'], Options("de", source="en", format="html"))
    answers = plan.finish([Rendering("Eins."), Rendering("Zw", truncated=True)])
    assert isinstance(answers, list)
    assert answers[0].text == '<img alt="Eins. Zw">'
    assert [(note.stage, note.took) for note in answers[0].notes if not note.kept] == [
        ("attributes", "One. Two."),
        ("model", "Two."),
    ]


def test_a_value_cannot_leave_its_attribute() -> None:
    def hostile(_row: str) -> str:
        return "\"' > <b onclick='x'>& "

    for quote in "\"'":
        answer = _translated(f"<img alt={quote}cat{quote} id=a>", Model(hostile))
        [mark] = scan(answer.text)
        assert mark.attributes().keys() == {"alt", "id"}


def test_of_tags_without_words_it_is_said_that_they_were_not_asked() -> None:
    answer = _translated('<p>12 %</p><p>5 <img alt="a"> 5</p>', Model(marked))
    assert [(note.took, note.gave) for note in answer.notes if note.stage in ("markup", "unasked")] == [
        ("4 pieces of markup between sentences", "kept apart"),
        ("12 %", "no words: not asked"),
        ('5 <img alt="a"> 5', "no words: not asked"),
    ]


def test_values_are_said_and_spans_are_the_sources() -> None:
    markup = '<p title="A">One <b title="B">two</b> three</p>'
    answer = _translated(markup, Model(reversed_words, reversed_links))
    assert [(note.took, note.gave) for note in answer.notes if note.stage == "attributes"] == [
        ("A", "A"),
        ("B", "B"),
    ]
    [segment] = answer.segments
    assert markup[slice(*segment.source)] == 'One <b title="B">two</b> three'
    for source, target in segment.links:
        assert markup[slice(*source)] == answer.text[slice(*target)]


def test_links_are_where_words_are_though_a_tag_is_longer_now() -> None:
    markup = '<b title="B">two</b> three'
    answer = _translated(
        markup, Model(lambda row: "Titel" if row == "B" else reversed_words(row), reversed_links)
    )
    assert answer.text == 'three <b title="Titel">two</b>'
    for source, target in answer.segments[0].links:
        assert markup[slice(*source)] == answer.text[slice(*target)]


def test_they_go_along_in_one_plan_and_wait_for_each_other() -> None:
    options = Options("de", source="en", format="html")
    plan = prepare(['<img alt="a {x} b"> c', "<p>d</p>"], options)
    assert [row.text for row in plan.rows] == ["a X1 b", "c", "d"]
    step = plan.finish([Rendering("lost"), Rendering("C"), Rendering("D")])
    assert isinstance(step, Plan)
    assert [row.text for row in step.rows] == ["a", "b"]
    answers = step.finish([Rendering("A"), Rendering("B")])
    assert isinstance(answers, list)
    assert [answer.text for answer in answers] == ['<img alt="A {x} B"> C', "<p>D</p>"]


def test_nothing_of_a_text_in_the_targets_language_is_translated() -> None:
    german = '<p title="Ein Titel">Das ist ein kleines Haus, und darin wohnt eine alte Frau.</p>'
    model = Model(marked)
    assert _translated(german, model, source=None, sources=("en",)).text == german
    assert model.asked == []


def test_a_text_whose_only_words_are_a_tags_is_in_their_language_and_asked() -> None:
    model, wishes = Model(marked), {"source": None, "sources": ("fr", "en")}
    answer = _translated('12 <img alt="The old man sees a dog in the street">', model, **wishes)
    assert answer.asked
    assert (answer.score, answer.segments) == (None, ())
    assert answer.detected
    assert answer.detected.language == "en"
    assert answer.detected.confidence > 0.7
    german = '<img alt="Der alte Mann sieht auf der Straße einen Hund">'
    answer = _translated(german, model, **wishes)
    assert (answer.text, answer.asked) == (german, False)
    assert answer.detected
    assert answer.detected.language == "de"


def test_only_html_has_them() -> None:
    model = Model(marked)
    assert _translated('<p title="A">b</p>', model, format="xml").text == '<p title="A">[b]</p>'
    answer = _translated('[b](<a> "title A") <img alt="c">', model, format="markdown")
    assert answer.text == '[[b]](<a> "title A") <img alt="[c]">'
    answer = _translated('[<img alt="a" src=b>](https://c.example)', model, format="markdown")
    assert answer.text == '[<img alt="[a]" src=b>](https://c.example)'
    answer = _translated('<img alt="a">[<img alt="b">](<dog title=c>)', model, format="markdown")
    assert answer.text == '<img alt="[a]">[<img alt="[b]">](<dog title=c>)'


@examples(60)
@given(
    st.lists(
        st.sampled_from(
            ['<p title="a b">', "</p>", "<img alt='c'>", "<b title=d>", "</b>", "w ", "{x} ", "5"]
        )
    )
)
def test_tags_are_as_many_as_they_were(parts: list[str]) -> None:
    markup = "".join(parts)
    answer = _translated(markup, Model(marked))
    before, after = ([mark for mark in scan(text) if mark.name] for text in (markup, answer.text))
    assert sorted(mark.name for mark in before) == sorted(mark.name for mark in after)
    shown = [mark for mark in after if mark.kind == "open"]
    assert all(value.startswith("[") for mark in shown for value in mark.attributes().values())
