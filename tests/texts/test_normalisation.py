"""The definition of normalised text, over all of Unicode that this Python knows."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from tests.hostile import hostile_strings
from texts.composition import compositions
from texts.normalisation import _normalizer, _touched, normalise
from texts.rules import drop, rules

CHARACTERS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in {"Cn", "Co", "Cs"}
]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("The old\tman", "The old man"),
        ("The old\nman", "The old man"),
        ("The old\r\nman\r\n", "The old man"),
        ("The\u00a0old\u202fman", "The old man"),
        ("  The   old\u3000man ", "The old man"),
        ("\ufeffThe old man", "The old man"),
        ("The old\0 man\x07", "The old man"),
        ("The o\u00adld m\u200ban", "The old man"),
        ("The\u2581old man", "The old man"),
        ("e\u0301te\u0301", "été"),
        ("â\u0323n", "ận"),
        ("\u212bngström", "Ångström"),
        ("ﬁne… oﬃce", "fine… office"),
        ("It&apos;s late &amp; cold.", "It's late & cold."),
        ("&quot;Yes&quot;, he said.", '"Yes", he said.'),
        ("&#91;applause&#93; &#039;&#x2019;&#x201C;&#150;", "[applause] '’“–"),
        ("R&amp;D costs 5&nbsp;&lt;&nbsp;6&shy;0", "R&D costs 5 < 60"),
        ("a &amp;amp; b &amp;quot;", 'a & b "'),
        ("caf&eacute;", "café"),
        ("one \ud800two", "one ?two"),
        ("\ufeff \t\x00", ""),
    ],
)
def test_what_looks_the_same_is_the_same(sent: str, meant: str) -> None:
    assert normalise(sent) == meant


@pytest.mark.parametrize(
    "text",
    [
        "AT&T and Q&A",
        "a &b; c &amp d",
        "„So“, sagte er …",
        "ｆｕｌｌ，１２３！",
        "½ ①",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "می‌خواهم",
        "שלום",
        "a\u0323\u0301",
        "",
    ],
)
def test_what_is_right_somewhere_stays(text: str) -> None:
    assert normalise(text) == text.replace("a\u0323", "ạ")


def test_white_space_is_one_space_and_controls_are_nothing() -> None:
    for character in CHARACTERS:
        if character.isspace():
            assert normalise(f"a{character}{character} b") == "a b"
        elif unicodedata.category(character) == "Cc":
            assert normalise(f"{character}a{character}b") == "ab"


def test_every_other_character_is_its_composed_form() -> None:
    rewritten = {
        character
        for character in CHARACTERS
        if normalise(f"a{character}b") != unicodedata.normalize("NFC", f"a{character}b")
    }
    unexpected = {
        character
        for character in rewritten
        if not character.isspace() and unicodedata.category(character) not in {"Cc", "Cf"}
    }
    assert unexpected == {*"▁ﬀﬁﬂﬃﬄﬅﬆ\ufffc"}


def test_every_spelling_of_a_composed_character_is_that_character() -> None:
    for character in CHARACTERS:
        for form in ("NFC", "NFD"):
            spelling = unicodedata.normalize(form, character)
            if not character.isspace():
                assert _among_letters(spelling) == _among_letters(character)
    for spelling, together in compositions().items():
        assert unicodedata.normalize("NFC", spelling) == together
        if not together.isspace():
            assert _among_letters(spelling) == together


def _among_letters(text: str) -> str:
    """Normalised beside other letters, which must not matter."""
    return normalise(f"q{text}.").removeprefix("q").removesuffix(".")


def test_what_is_normalised_stays() -> None:
    """Training data is normalised when it is cleaned, and again by the vocabulary's rules; a request once."""
    twice_escaped = {text for text in rules() if text.startswith("&amp;")}
    for text in (*(set(rules()) - twice_escaped), *hostile_strings(3000, seed=3)):
        once = normalise(f"a{text}b")
        assert normalise(once) == once
        assert len(once.splitlines()) == 1


def test_only_what_the_rules_would_leave_is_kept_from_them() -> None:
    characters = [f"{before}{character}{after}" for character in CHARACTERS for before, after in ("ab", " a")]
    spellings = [f"x{text}y" for text in rules()]
    edges = ("", " ", "a", " a", "a ", "a  b", "a b", "&", "AT&T", "\ud800")
    for text in (*edges, *characters, *spellings, *hostile_strings(3000, seed=13)):
        assert normalise(text) == _normalizer().normalize(drop(text))


def test_of_printable_ascii_only_references_and_spaces_are_touched() -> None:
    """Such texts are told without the rules, and fingerprints of all go by single spaces."""
    plain = [chr(code) for code in range(0x80) if chr(code).isprintable() and chr(code) not in "& "]
    assert [character for character in plain if _touched().search(character)] == []
    for text in ("".join(plain), "a b", "a  b", " a", "a ", "a &amp; b", "&", "", " ", "a\tb", "a\x7f"):
        assert normalise(text) == _normalizer().normalize(drop(text))
    for blank in filter(str.isspace, CHARACTERS):
        assert normalise(f"{blank}a{blank}b {blank}") == "a b"
