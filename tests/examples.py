"""How many examples a property is tried on."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100
"""Hypothesis's own number, which the profile in force may multiply (tests/conftest.py)."""


def examples(number: int) -> settings:
    """So many, however long each takes; more where new ones are explored."""
    return settings(max_examples=number * settings.default.max_examples // _USUAL, deadline=None)
