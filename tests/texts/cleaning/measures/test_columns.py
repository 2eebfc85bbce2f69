"""Texts measured many at once, against the same measured one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.hostile import hostile_strings
from texts.cleaning.measures import characters, columns
from texts.cleaning.measures.columns import measure_texts
from texts.cleaning.measures.lengths import HAN, SPACELESS, SYLLABLE, VISIBLE, weight, words
from texts.cleaning.measures.scripts import LETTER, pattern_of, script_share

LANGUAGES = ("en", "de", "zh", "ja", "ru", "ko", "sr-Latn")
EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from(" \t\u3000aä1١我のก한ᄀ\u200bµªⅫ〇'.")), max_size=30
)


FINDERS: dict[int, Callable[[str], list[str]]] = {
    characters.IS_BLANK: lambda text: [character for character in text if character.isspace()],
    characters.IS_SPACELESS: SPACELESS.findall,
    characters.IS_HAN: HAN.findall,
    characters.IS_SYLLABLE: SYLLABLE.findall,
    characters.IS_VISIBLE: VISIBLE.findall,
    characters.IS_LETTER: LETTER.findall,
    characters.IS_DIGIT: lambda text: [character for character in text if character.isdecimal()],
}


@pytest.mark.parametrize("bit", FINDERS)
def test_the_table_has_every_character_that_is_found_one_by_one(bit: int) -> None:
    marked = np.zeros(sys.maxunicode + 1, bool)
    marked[[ord(character) for character in FINDERS[bit]("".join(EVERY))]] = True
    assert np.array_equal(characters.bits() & bit > 0, marked)


def test_the_letters_of_a_language_are_those_of_its_scripts() -> None:
    for scripts in (("Latn",), ("Hani", "Hira", "Kana")):
        letters = "".join(LETTER.findall("".join(EVERY)))
        expected = pattern_of(scripts).findall(letters)
        assert [chr(code) for code in np.flatnonzero(characters.own_letters(scripts))] == expected


def check(texts: list[str], languages: list[str]) -> None:
    measured = measure_texts(texts, languages)
    assert measured.characters.tolist() == list(map(len, texts))
    assert measured.words.tolist() == [len(words(text)) for text in texts]
    assert measured.longest_word.tolist() == [max(map(len, words(text)), default=0) for text in texts]
    assert measured.weight.tolist() == list(map(weight, texts))
    assert measured.has_digits.tolist() == [any(map(str.isdecimal, text)) for text in texts]
    shares = [script_share(language)(text) for language, text in zip(languages, texts, strict=True)]
    assert measured.script_share.tolist() == shares


@examples(150)
@given(st.lists(st.tuples(TEXT, st.sampled_from(LANGUAGES)), min_size=1, max_size=8))
def test_many_are_measured_as_one_is(given_texts: list[tuple[str, str]]) -> None:
    check([text for text, _ in given_texts], [language for _, language in given_texts])


def test_hostile_texts_are_measured_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_PIECE", 500)
    texts = hostile_strings(700, seed=5)
    check(texts, [LANGUAGES[number % len(LANGUAGES)] for number in range(len(texts))])
