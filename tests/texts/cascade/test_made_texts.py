"""Texts with markup and placeholders come back with all of it, whatever a model does to what it is asked."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.mark.parametrize("protected", [(), protected_pieces(8)], ids=["stand-ins", "pieces"])
@pytest.mark.parametrize(
    "translated",
    [marked, reversed_words, careless(1), meddling(2), lambda _: ""],
    ids=["marked", "reversed", "careless", "meddling", "silent"],
)
def test_nothing_is_lost_nothing_doubled_and_nothing_leaves_its_place(
    translated: Callable[[str], str], protected: tuple[str, ...]
) -> None:
    for sample, answer in _answers(Model(translated), protected=protected):
        assert not harm(sample, answer.text) or not answer.kept, (sample.text, answer.text)


def test_so_it_is_by_an_alignment() -> None:
    for sample, answer in _answers(Model(reversed_words, reversed_links), aligns=True):
        assert not harm(sample, answer.text) or not answer.kept, (sample.text, answer.text)


def test_a_model_that_changes_nothing_harms_nothing() -> None:
    assert [harm(sample, answer.text) for sample, answer in _answers(Model(str))] == [[]] * len(SAMPLES)


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
    ],
)
def test_what_counts_as_harm(text: str, format_: str, translation: str, said: str) -> None:
    sample = Sample(text, format_, ("{x}", "%s", "%d"))  # type: ignore[arg-type]
    assert said in " ".join(harm(sample, translation))
    assert not harm(sample, text)
    assert not harm(replace(sample, things=()), text)
