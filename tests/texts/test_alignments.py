"""Alignments between words, and their error rate, against figures worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from texts.alignments import Link, alignment_error_rate, link_words, word_places, words_of_links

LINKS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8)


def test_the_error_rate_by_hand() -> None:
    """|A ∩ S| = 2, |A ∩ P| = 3, |A| = 4, |S| = 3: 1 - 5/7."""
    sure, possible = {(0, 0), (1, 2), (2, 1)}, {(3, 3)}
    links = {(0, 0), (1, 2), (3, 3), (4, 4)}
    assert alignment_error_rate(sure, possible, links) == pytest.approx(1 - 5 / 7)
    assert alignment_error_rate(sure, possible, sure) == 0
    assert alignment_error_rate(sure, possible, sure | possible) == 0
    assert alignment_error_rate(sure, possible, {(4, 4)}) == 1
    assert alignment_error_rate(sure, possible, set()) == 1
    assert alignment_error_rate(set(), set(), set()) == 0


@examples(100)
@given(LINKS, LINKS, LINKS)
def test_the_error_rate_is_a_share_and_falls_with_a_sure_link_more(
    sure: set[Link], possible: set[Link], links: set[Link]
) -> None:
    rate = alignment_error_rate(sure, possible, links)
    assert -1e-12 <= rate <= 1
    for link in sure - links:
        assert alignment_error_rate(sure, possible, links | {link}) <= rate + 1e-12


def test_pieces_are_parts_of_words() -> None:
    assert word_places(["▁The", "▁cat", "s", ".", "</s>", ""]) == [0, 1, 1, 1, None, None]
    assert word_places(["The", "▁", "cat"]) == [0, 1, 1]
    assert word_places([]) == []


def test_a_word_is_linked_with_the_one_that_its_pieces_looked_at_most() -> None:
    source, target = ["▁a", "▁b", "c", "</s>"], ["▁x", "y", "▁z", "▁w", "</s>"]
    attention = [
        [0.6, 0.2, 0.2, 0.0],  # x: a, but
        [0.1, 0.5, 0.4, 0.0],  # y: b and c, which together are more.
        [0.5, 0.1, 0.1, 0.3],
        [0.1, 0.1, 0.1, 0.7],  # The end: no link.
        [1.0, 0.0, 0.0, 0.0],
    ]
    assert link_words(source, target, attention) == {(1, 0), (0, 1)}
    assert link_words([], [], []) == set()


def test_words_are_linked_by_their_pieces_and_never_by_an_end() -> None:
    source, target = ["▁a", "▁b", "c", "</s>"], ["▁x", "y", "▁z", "</s>"]
    assert words_of_links(source, target, [0, 2, None, 1]) == {(0, 0), (1, 0)}
    assert words_of_links(source, target, [3, None, 1, None]) == {(1, 1)}
    assert words_of_links([], [], []) == set()
