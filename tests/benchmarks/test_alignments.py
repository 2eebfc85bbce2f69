"""The error rate of several sentences is that of their links together."""

from __future__ import annotations

import pytest

from benchmarks.alignments import error_rate
from grammar.alignments import AlignedPair


def _pair(sure: set[tuple[int, int]]) -> AlignedPair:
    return AlignedPair("a b", "x y", frozenset(sure), frozenset(sure))


def test_sentences_count_by_their_links() -> None:
    right = _pair({(0, 0), (1, 1)}), {(0, 0), (1, 1)}
    wrong = _pair({(0, 1)}), {(0, 0)}
    assert error_rate([right]) == 0
    assert error_rate([wrong]) == 1
    assert error_rate([right, wrong]) == pytest.approx(1 - 4 / 6)
    assert error_rate([]) == 0
