"""The links between the words of the embedded corpus, which are known by construction."""

from __future__ import annotations

import itertools
import random

import pytest

from grammar import english_syntax, german_syntax
from grammar.alignments import AlignedPair, draw_aligned
from grammar.generator import draw
from grammar.grammar import Grammar


@pytest.fixture(scope="module")
def pairs() -> list[AlignedPair]:
    return list(itertools.islice(draw_aligned(3), 3000))


def _named(pair: AlignedPair, *, sure: bool = True) -> set[tuple[str, str]]:
    source, target = pair.source.split(), pair.target.split()
    links = pair.sure if sure else pair.possible - pair.sure
    return {(source[place].strip(".,?"), target[other].strip(".,?")) for place, other in links}


def _pair(source: str) -> AlignedPair:
    for seed in (11, 3):
        for pair in itertools.islice(draw_aligned(seed), 3000):
            if pair.source == source:
                return pair
    raise AssertionError(f"not drawn: {source}")


def test_links_cross_where_german_puts_words_elsewhere() -> None:
    pair = _pair("A big daughter will give the mother the dresses.")
    assert pair.target == "Eine große Tochter wird der Mutter die Kleider geben."
    sure = {("A", "Eine"), ("big", "große"), ("daughter", "Tochter"), ("will", "wird"), ("give", "geben")}
    sure |= {("the", "der"), ("mother", "Mutter"), ("the", "die"), ("dresses", "Kleider")}
    assert _named(pair) == sure
    assert _named(pair, sure=False) == {("will", "geben"), ("give", "wird")}


def test_a_word_may_say_what_two_say_and_the_verbs_of_a_clause_may_stand_for_each_other() -> None:
    melted = _pair("Emma's small mother should come to the kitchen.")
    assert {("to", "in"), ("the", "die")} <= _named(melted)
    supported = _pair("Did Anna shop in Berlin with a bear?")
    assert ("shop", "eingekauft") in _named(supported)
    assert {("Did", "Hat"), ("Did", "eingekauft"), ("shop", "Hat")} <= _named(supported, sure=False)
    contracted = _pair("Who came to the museum with the small rabbits last year?")
    assert {("to", "ins"), ("the", "ins")} <= _named(contracted)


def test_every_link_is_a_place_in_both_and_the_nouns_of_all_sentences_are_linked(
    pairs: list[AlignedPair],
) -> None:
    linked = words = 0
    for pair in pairs:
        lengths = len(pair.source.split()), len(pair.target.split())
        assert pair.sure <= pair.possible
        assert all(place < lengths[0] and other < lengths[1] for place, other in pair.possible)
        words += lengths[1]
        linked += len({other for _, other in pair.possible})
    assert linked > 0.99 * words


def test_names_and_digits_are_linked_with_themselves(pairs: list[AlignedPair]) -> None:
    for pair in pairs:
        for place, other in pair.sure:
            source, target = pair.source.split()[place], pair.target.split()[other]
            if source.isdigit() or target.isdigit():
                assert source == target


def test_a_sentence_is_written_as_without_links(pairs: list[AlignedPair]) -> None:
    grammar = Grammar(random.Random(3))
    for pair in pairs[:500]:
        tree = grammar.sentence()
        assert (pair.source, pair.target) == (english_syntax.sentence(tree), german_syntax.sentence(tree))
    assert not any(
        "\ue000" in pair.source + pair.target for pair in itertools.islice(draw(random.Random(3)), 500)
    )
