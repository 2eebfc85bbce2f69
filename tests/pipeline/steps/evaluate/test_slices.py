"""Length slices by words, also where there are no spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.slices import slice_names
from pipeline.steps.evaluate.slices import length_slice


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "≤ 3"),
        ("one two three", "≤ 3"),
        ("one two three four", "4–5"),
        ("one two three four five six", "> 5"),
        ("我们在家", "4–5"),
        ("这是 TensorFlow 的书", "4–5"),
    ],
)
def test_bounds_are_inclusive(source: str, expected: str) -> None:
    assert length_slice(source, (3, 5)) == expected


@pytest.mark.parametrize("bounds", [(10, 20), (20, 10), (20, 10, 20)])
def test_bounds_may_come_in_any_order(bounds: tuple[int, ...]) -> None:
    assert slice_names(bounds) == ["≤ 10", "11–20", "> 20"]
    assert length_slice("word " * 15, bounds) == "11–20"


def test_without_bounds_there_is_one_slice() -> None:
    assert slice_names(()) == ["all"]
    assert length_slice("a b", ()) == "all"


@given(st.text(), st.lists(st.integers(1, 60), max_size=4))
def test_every_text_is_in_a_named_slice(source: str, bounds: list[int]) -> None:
    assert length_slice(source, bounds) in slice_names(bounds)
