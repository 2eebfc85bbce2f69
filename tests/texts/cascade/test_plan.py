"""Texts go through a plan and come back in their form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.hostile import hostile_strings
from tests.texts.cascade.models import Model, marked, reversed_links, reversed_words
from texts.cascade import Options, OptionsError, Plan, Rendering, prepare, restoring, translate

PLAIN = Options("de", source="en")


def test_all_texts_rows_are_asked_at_once_and_come_back_in_their_places() -> None:
    model = Model(marked)
    answers = translate(["One. Two.", "", "Three."], PLAIN, model)
    assert model.asked == ["One.", "Two.", "Three."]
    assert [answer.text for answer in answers] == ["[One.] [Two.]", "", "[Three.]"]


def test_an_answer_says_where_its_sentences_are_and_how_they_are_rated() -> None:
    source = "  One.\r\nAnd two. \n"
    [answer] = translate([source], PLAIN, Model(marked))
    assert answer.text == "  [One.]\r\n[And two.] \n"
    assert [source[slice(*segment.source)] for segment in answer.segments] == ["One.", "And two."]
    assert [answer.text[slice(*segment.target)] for segment in answer.segments] == ["[One.]", "[And two.]"]
    assert answer.score == pytest.approx((-4 * 4 - 8 * 8) / 12)
    assert answer.alternatives == ("  [oNE.]\r\n[aND TWO.] \n",)
    assert answer.asked
    assert set(answer.milliseconds) >= {"split", "unasked", "model", "restore"}


def test_an_answer_says_which_words_stand_for_each_other() -> None:
    source = "<p>Go <b>to &amp; see</b> {name}</p>"
    model = Model(reversed_words, reversed_links)
    [answer] = translate([source, "x"], Options("de", source="en", format="html"), model)[:1]
    assert answer.text == "<p>{name} <b>see &amp; to</b> Go</p>"
    [segment] = answer.segments
    words = [
        (source[slice(*source_span)], answer.text[slice(*target_span)])
        for source_span, target_span in segment.links
    ]
    assert words == [("{name}", "{name}"), ("see", "see"), ("&amp;", "&amp;"), ("to", "to"), ("Go", "Go")]
    assert translate([source], PLAIN, Model(reversed_words))[0].segments[0].links == ()


def test_a_plan_is_finished_by_whoever_asks() -> None:
    plan = prepare(["One.", "Two."], PLAIN)
    assert [(row.text, row.source) for row in plan.rows] == [("One.", "en"), ("Two.", "en")]
    with pytest.raises(ValueError, match="shorter"):
        plan.finish([Rendering("Eins.")])
    answers = plan.finish([Rendering("Eins."), Rendering("Zwei.")])
    assert not isinstance(answers, Plan)
    assert [answer.text for answer in answers] == ["Eins.", "Zwei."]


@pytest.mark.parametrize("text", ["", " ", "\n\n\t", "12 %\n3.5", "!?", "— ☂ 👩‍👩‍👧‍👦", "\u200b", "\x00"])
def test_what_has_no_words_is_asked_of_no_model(text: str) -> None:
    model = Model(marked)
    [answer] = translate([text], PLAIN, model)
    assert (answer.text, model.asked, answer.score) == (text, [], None)
    assert not answer.asked
    assert bool(answer.notes) == bool(text.strip())


@pytest.mark.parametrize("wishes", [{"target": ""}, {"target": "de", "longest": 0}])
def test_wishes_that_nobody_can_meet_are_refused(wishes: dict[str, str]) -> None:
    with pytest.raises(OptionsError):
        Options(**wishes)  # type: ignore[arg-type]


def _whitespace(text: str) -> str:
    return "".join(character for character in text if character.isspace())


@examples(60)
@given(
    st.text(st.sampled_from("ab. \n\r\t\u00a0\u3000\u2028-1!Xé漢、。\x1e"), max_size=40)
    | st.text(max_size=40),
    st.sampled_from(["on", "newlines"]),
)
def test_a_model_that_changes_nothing_changes_nothing(text: str, split: str) -> None:
    [answer] = translate([text], Options("de", source="en", split=split), Model(str))  # type: ignore[arg-type]
    assert answer.text == text.encode("utf-8", "replace").decode() or answer.text == text


@pytest.mark.parametrize("split", ["on", "off", "newlines", "nonewlines"])
def test_hostile_texts_come_back(split: str) -> None:
    texts = [
        f"{first}\n{second}\r\n"
        for first, second in zip(hostile_strings(200), hostile_strings(200, 2), strict=True)
    ]
    answers = translate(texts, Options("de", source="en", split=split), Model(str))  # type: ignore[arg-type]
    assert [answer.text for answer in answers] == texts


def test_words_are_linked_only_where_something_goes_by_that(monkeypatch: pytest.MonkeyPatch) -> None:
    linked: list[int] = []
    monkeypatch.setattr(restoring, "link", lambda target, *_: linked.append(len(target)))
    translate(["A small dog runs. It has {name}"], PLAIN, Model(reversed_words))
    assert not linked
    translate(["A <b>small</b> dog"], Options("de", source="en", format="html"), Model(reversed_words))
    translate(["A small dog"], PLAIN, Model(reversed_words, reversed_links))
    assert linked == [5, 5, 5]  # The first text has an alternative, too.


def test_what_ends_a_cdata_section_is_escaped_in_what_a_model_says() -> None:
    options = Options("de", source="en", format="xml")
    [answer] = translate(["<a><![CDATA[one two]]></a>"], options, Model(lambda row: f"{row} ]]> more"))
    assert answer.text == "<a><![CDATA[one two ]] > more]]></a>"
