"""Tags that a model is asked as protected pieces go where it put these; where it did not, as without them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from contracts.vocabulary import protected_pieces
from tests.texts.cascade.models import Model, careless, reversed_links
from texts.cascade import Answer, Options, translate

PIECES = protected_pieces(8)


def asked(markup: str, model: Model, **wishes: object) -> Answer:
    options = Options("de", "en", format="html", protected=PIECES, **wishes)  # type: ignore[arg-type]
    return translate([markup], options, model)[0]


@pytest.mark.parametrize(
    ("markup", "row", "rendering", "translated"),
    [
        (
            "The <b>red</b>, old house.",
            "The ⟦0⟧ red ⟦1⟧, old house.",
            "Das alte, ⟦0⟧ rote ⟦1⟧ Haus.",
            "Das alte, <b>rote</b> Haus.",
        ),
        (
            "a <b>big <i>bad</i></b> dog",
            "a ⟦0⟧ big ⟦1⟧ bad ⟦2⟧ ⟦3⟧ dog",
            "Hund ⟦0⟧ ⟦1⟧ böser ⟦2⟧ großer ⟦3⟧ ein",
            "Hund <b><i>böser</i> großer</b> ein",
        ),
        (
            "Hello <b>{name}</b> and <i>Bob</i>!",
            "Hello ⟦1⟧ ⟦0⟧ ⟦2⟧ and ⟦3⟧ Bob ⟦4⟧!",
            "⟦3⟧ Bob ⟦4⟧ und ⟦1⟧ ⟦0⟧ ⟦2⟧, hallo!",
            "<i>Bob</i> und <b>{name}</b>, hallo!",
        ),
        # Around the same words: they are the inner one's, in whichever order the model began them.
        (
            "a <b><i>bad</i></b> dog",
            "a ⟦0⟧ ⟦1⟧ bad ⟦2⟧ ⟦3⟧ dog",
            "[ein ⟦0⟧ ⟦1⟧ böser ⟦2⟧ ⟦3⟧ Hund]",
            "[ein <b><i>böser</i></b> Hund]",
        ),
        (
            "a <b><i>bad</i></b> dog",
            "a ⟦0⟧ ⟦1⟧ bad ⟦2⟧ ⟦3⟧ dog",
            "ein ⟦1⟧ ⟦0⟧ böser ⟦2⟧ ⟦3⟧ Hund",
            "ein <b><i>böser</i></b> Hund",
        ),
        # Several words, and one that the source has not: all that is within belongs to it.
        (
            "I <b>like</b> it",
            "I ⟦0⟧ like ⟦1⟧ it",
            "das ⟦0⟧ mag ich sehr gern ⟦1⟧",
            "das <b>mag ich sehr gern</b>",
        ),
    ],
)
def test_tags_go_where_the_model_put_their_pieces(
    markup: str, row: str, rendering: str, translated: str
) -> None:
    model = Model(lambda _: rendering)
    answer = asked(markup, model)
    assert (answer.text, model.asked) == (translated, [row])
    assert [note.gave for note in answer.notes if note.stage == "markup"] == ["by pieces"]
    assert answer.kept


@pytest.mark.parametrize(
    "rendering",
    [
        "ein rotes Haus",
        "ein ⟦0⟧ rotes Haus",
        "ein ⟦0⟧ rotes ⟦1⟧ ⟦1⟧ Haus",
        "ein ⟦1⟧ rotes ⟦0⟧ Haus",
    ],
)
def test_what_the_model_did_not_keep_is_placed_as_without_pieces_and_asked_once(rendering: str) -> None:
    model = Model(lambda _: rendering)
    answer = asked("a <b>red</b> house", model)
    assert (answer.text, len(model.asked)) == ("ein <b>rotes</b> Haus", 1)
    assert [note.gave for note in answer.notes] == ["by place"]


def test_elements_that_the_model_entangled_are_placed_as_without_pieces() -> None:
    answer = asked(
        "<p>one <b>two</b> <i>three</i></p>", Model(lambda _: "eins ⟦0⟧ zwei ⟦2⟧ drei ⟦1⟧ vier ⟦3⟧")
    )
    assert [note.gave for note in answer.notes if note.stage == "markup"][-1] == "by place"
    assert not re.search("⟦", answer.text)


@pytest.mark.parametrize(
    ("markup", "row"),
    [
        ("un<b>believ</b>able", "unbelievable"),  # pieces would part the word
        ("a <br/>b <img> c", "a b c"),
        ("no <b>end", "no end"),
        ("<i>a</i> <i>b</i> <i>c</i> <i>d</i> <i>e</i>", "a b c d e"),  # more tags than pieces
    ],
)
def test_tags_that_cannot_be_asked_are_not(markup: str, row: str) -> None:
    model = Model()
    asked(markup, model)
    assert all("⟦" not in text for text in model.asked)
    assert row.split()[-1] in " ".join(model.asked)


def test_pieces_that_nobody_asked_are_no_part_of_an_answer() -> None:
    assert asked("a big house", Model(lambda _: "ein ⟦3⟧ großes ⟦|⟧ Haus")).text == "ein großes Haus"
    assert asked("a ⟦3⟧ house", Model(lambda _: "ein ⟦3⟧ Haus")).text == "ein ⟦3⟧ Haus"


def test_of_a_model_that_says_an_alignment_only_things_are_asked_as_pieces() -> None:
    model = Model(lambda row: " ".join(reversed(row.split())), reversed_links)
    answer = asked("Hello <b>big</b> {name}", model, aligns=True)
    assert (model.asked, answer.text) == (["Hello big ⟦0⟧"], "{name} <b>big</b> Hello")


def test_a_model_that_carries_nothing_is_asked_no_tag() -> None:
    model = Model()
    translate(["a <b>red</b> {x} one"], Options("de", "en", format="html"), model)
    assert model.asked == ["a red X1 one"]


def _markup(chance: random.Random) -> str:
    def run(depth: int) -> str:
        parts = []
        for _ in range(chance.randint(1, 4)):
            word = chance.choice(["the", "dog", "runs", "{name}", "42 km", "over"])
            tag = chance.choice("bi")
            parts.append(f"<{tag}>{run(depth + 1)}</{tag}>" if depth < 3 and chance.random() < 0.3 else word)
        return " ".join(parts)

    return run(0)


@pytest.mark.parametrize(
    "translate_row", [str, str.upper, careless(3)], ids=["as it is", "upper", "careless"]
)
def test_whatever_a_model_does_each_tag_and_thing_comes_back_once(
    translate_row: Callable[[str], str],
) -> None:
    chance, marks = random.Random(4), re.compile(r"</?[bi]>|\{name\}")
    for _ in range(300):
        markup = _markup(chance)
        answer = asked(markup, Model(translate_row))
        assert Counter(marks.findall(answer.text)) == Counter(marks.findall(markup)), (markup, answer)
        assert "⟦" not in answer.text
        depth = 0
        for tag in re.findall(r"</?[bi]>", answer.text):
            depth += 1 if tag[1] != "/" else -1
            assert depth >= 0
        if translate_row is str:
            assert answer.text == markup
