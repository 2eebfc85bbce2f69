"""A traced text is the normalised one, and each character knows where it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from texts.normalisation import normalise
from texts.offsets import trace

TRICKY = [
    *" \t\n\u00a0\u2581a\u0301é\u0308ü&;#x41ﬁﬃ\u200b\u00ad\x00\ufeff가\u1100\u1161世😀אب\u0344",
    "&amp;",
    "&lt;",
]


@examples(150)
@given(st.lists(st.sampled_from([*TRICKY, "&#233;", "&nbsp;", "&shy;", "\ud800"]), max_size=12).map("".join))
def test_the_text_is_the_normalised_one_and_spans_go_on(text: str) -> None:
    traced = trace(text)
    assert traced.text == normalise(text)
    assert len(traced.spans) == len(traced.text)
    assert all(0 <= start < end <= len(text) for start, end in traced.spans)
    assert list(traced.spans) == sorted(traced.spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", [("a", (0, 1)), ("b", (1, 2))]),
        ("  a \t b\n", [("a", (2, 3)), (" ", (3, 6)), ("b", (6, 7))]),
        ("e\u0301x", [("é", (0, 2)), ("x", (2, 3))]),
        ("a\u200bb", [("a", (0, 1)), ("b", (2, 3))]),
        ("oﬃ", [("o", (0, 1)), ("f", (1, 2)), ("f", (1, 2)), ("i", (1, 2))]),
        ("R&amp;D", [("R", (0, 1)), ("&", (1, 6)), ("D", (6, 7))]),
        (" \u00a0", []),
    ],
)
def test_characters_come_from_where_they_stood(
    text: str, expected: list[tuple[str, tuple[int, int]]]
) -> None:
    traced = trace(text)
    assert list(zip(traced.text, traced.spans, strict=True)) == expected
