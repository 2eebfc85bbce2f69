"""No test fails by chance, and new examples are explored elsewhere."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

from tests.examples import examples


def test_everybody_tries_the_same_examples() -> None:
    assert settings.default.derandomize
    assert examples(25).derandomize
    assert examples(25).max_examples == 25


def test_new_ones_are_explored_in_larger_numbers() -> None:
    explore = settings.get_profile("explore")
    assert not explore.derandomize
    assert explore.max_examples == 10 * settings.default.max_examples


def test_no_property_has_a_number_of_its_own() -> None:
    folder = Path(__file__).parent
    own = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        if "(max_examples=" in file.read_text("utf-8")
    }
    assert own == {"examples.py", "test_examples.py"}
