"""Unicode repair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.repair import repair


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("schÃ¶n", "schön"),
        ("Itâ€™s", "It’s"),
        ("caf\u0065\u0301", "café"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("a\x00b\x07c", "abc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("one\u2028two\r\nthree\tfour", "one two three four"),
        ("  blank \u3000", "blank"),
        ("\ufeffmark", "mark"),
    ],
)
def test_broken_text_is_restored(broken: str, whole: str) -> None:
    assert repair(broken) == whole


@pytest.mark.parametrize(
    "text", ["„So“, sagte er …", "你好，世界！（对）", "１２３", "A < B & C", "Ünïcödé", "שלום", "🙂 ok"]
)
def test_right_text_stays(text: str) -> None:
    assert repair(text) == text


@given(st.text(max_size=60))
def test_always_one_line_of_utf8(text: str) -> None:
    repaired = repair(text)
    repaired.encode()
    assert len(repaired.splitlines()) <= 1
    assert repaired == repaired.strip()
