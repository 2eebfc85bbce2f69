"""Texts with markup and placeholders come back with all of it, whatever a model does to what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from contracts.vocabulary import protected_pieces
from tests.texts.cascade.models import Model, careless, marked, meddling, reversed_links, reversed_words
from tests.texts.harm import harm
from tests.texts.made_texts import Sample, made_texts
from texts.cascade import Answer, Options, translate

SAMPLES = list(made_texts(80))


def _answers(model: Model, **wishes: object) -> list[tuple[Sample, Answer]]:
    answers = []
    for sample in SAMPLES:
        options = Options("de", "en", format=sample.format, **wishes)  # type: ignore[arg-type]
        answers.append((sample, translate([sample.text], options, model)[0]))
    return answers


def _assert_unharmed(answers: Sequence[tuple[Sample, Answer]], kept: float) -> None:
    """All whose answer says so, and that at least this share does: who always complains is right, too."""
    for sample, answer in answers:
        assert not answer.kept or not harm(sample, answer.text), (sample.text, answer.text)
    assert sum(answer.kept for _, answer in answers) >= kept * len(SAMPLES)


@pytest.mark.parametrize("protected", [(), protected_pieces(8)], ids=["stand-ins", "pieces"])
@pytest.mark.parametrize(
    ("translated", "kept"),
    [
        (marked, {"stand-ins": 1.0, "pieces": 1.0}),
        (reversed_words, {"stand-ins": 0.75, "pieces": 0.75}),
        (careless(1), {"stand-ins": 0.6, "pieces": 0.65}),
        (meddling(2), {"stand-ins": 0.9, "pieces": 0.9}),
        (lambda _: "", {"stand-ins": 0.2, "pieces": 0.2}),
    ],
    ids=["marked", "reversed", "careless", "meddling", "silent"],
)
def test_nothing_is_lost_nothing_doubled_and_nothing_leaves_its_place(
    translated: Callable[[str], str], kept: dict[str, float], protected: tuple[str, ...]
) -> None:
    answers = _answers(Model(translated), protected=protected)
    _assert_unharmed(answers, kept["pieces" if protected else "stand-ins"])


def test_so_it_is_by_an_alignment() -> None:
    _assert_unharmed(_answers(Model(reversed_words, reversed_links), aligns=True), 0.9)


def test_a_model_that_changes_nothing_harms_nothing() -> None:
    for sample, answer in _answers(Model(str)):
        assert answer.kept
        assert not harm(sample, answer.text)


@pytest.mark.parametrize(
    ("text", "format_", "translation", "said"),
    [
        ("a {x} b", "text", "A B", "{x} is lost"),
        ("a {x} b", "text", "{x} A {x} B", "{x} is there once more"),
        ("{x}\na", "text", "a\n{x}", "{x} is lost"),
        ("a\nb", "text", "a b", "blocks or lines"),
        ("- a", "text", "a", "blocks or lines"),
        ("%s of %d", "text", "%d of %s", "filled in turn"),
        ("17 a", "text", "a", "the number 17"),
        ("a b", "text", "a X1 b", "X1 is nobody's"),
        ("<p>a <b>c</b></p>", "html", "<p>a c</p>", "('<p>', '<b>') is lost"),
        ("<p>a <b>c</b></p>", "html", "<p>a</p><b>c</b>", "is lost"),
        ("<p>a <b><i>c</i></b></p>", "html", "<p>a <i><b>c</b></i></p>", "is lost"),
        ("<p>a <b>c</b></p>", "html", "<p>a <b>c</p></b>", "ends nothing"),
        ("a **b**", "markdown", "a b", "** is lost"),
        ('<p><img alt="a" id="b"/></p>', "html", '<p><img alt="c" id="d"/></p>', "is lost"),
        ('<p title="a" id="b">c</p>', "html", '<p title="a">c</p>', "blocks or lines"),
        ('<img alt="a {x} b">', "html", '<img alt="a b">', "in a tag {x} is lost"),
        ('<img alt="17 a">', "html", '<img alt="a">', "the number 17"),
        ('<img alt="a">', "html", "<img>", "is lost"),
        ('<img translate="no" alt="a">', "html", '<img translate="no" alt="b">', "is lost"),
        ('<a title="a"/>', "xml", '<a title="b"/>', "is lost"),
    ],
)
def test_what_counts_as_harm(text: str, format_: str, translation: str, said: str) -> None:
    sample = Sample(text, format_, ("{x}", "%s", "%d"))  # type: ignore[arg-type]
    assert said in " ".join(harm(sample, translation))
    assert not harm(sample, text)
    assert not harm(replace(sample, things=()), text)
