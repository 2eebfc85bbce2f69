"""Repair of what happened to a corpus on its way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning.lengths import words
from texts.normalisation import normalise
from texts.repair import repair


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("schÃ¶n", "schön"),
        ("Itâ€™s", "It’s"),
        ("\x93So\x94, sagte er", "“So”, sagte er"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_broken_text_is_restored(broken: str, whole: str) -> None:
    assert repair(broken) == whole


@pytest.mark.parametrize(
    "text",
    [
        *("„So“, sagte er …", "你好，世界！（对）", "１２３", "A < B & C", "Ünïcödé", "שלום", "🙂 ok"),
        # Of which requests are made, too: what is done with it, normalising does.
        *(
            "cafe\u0301",
            "Tom &amp; Jérôme &eacute;",
            "ﬁne",
            "one\u2028two\r\nthree\tfour",
            "\ufeffmark",
            " a  b ",
        ),
    ],
)
def test_nothing_is_changed_that_a_request_may_hold(text: str) -> None:
    assert repair(text) == text


@settings(deadline=None)  # The first of all compiles the rules.
@given(st.text(max_size=60))
def test_repaired_and_normalised_it_is_one_line_of_utf8(text: str) -> None:
    repaired = normalise(repair(text))
    repaired.encode()
    assert len(repaired.splitlines()) <= 1
    assert repaired == repaired.strip()


def test_invisible_characters_are_no_words() -> None:
    assert words("\u200c \u200e") == []
