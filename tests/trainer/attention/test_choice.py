"""The head whose links are closest to the known ones is taken, wherever it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trainer.attention.choice import LinkPlace, choose, error_rate, found_links, known_links, places
from trainer.attention.reading import SeenPair

KNOWN = np.array([2, 0, -1, 1])
"""Of four target pieces; the third comes from none."""
_END = 3


def rows(places: list[int]) -> np.ndarray:
    """Weights [T, S] that are largest at the places."""
    weights = np.full((len(places), _END + 1), 0.1)
    weights[np.arange(len(places)), places] = 0.7
    return weights


SHOWING = rows([2, 0, _END, 1, 3])
LATER = rows([3, 2, 0, _END, 1])
WRONG = rows([0, 1, 1, 0, 0])


def pair(*layers: list[np.ndarray]) -> SeenPair:
    return SeenPair(np.arange(4), np.arange(5), [np.stack(layer) for layer in layers], None)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([[WRONG, WRONG], [SHOWING, SHOWING]], LinkPlace(1, None, False)),
        ([[WRONG, SHOWING], [WRONG, WRONG]], LinkPlace(0, 1, False)),
        ([[WRONG, WRONG], [LATER, WRONG]], LinkPlace(1, 0, True)),
        ([[LATER], [WRONG]], LinkPlace(0, None, True)),
    ],
)
def test_the_best_place_is_chosen(layers: list[list[np.ndarray]], expected: LinkPlace) -> None:
    chosen = choose([pair(*layers)] * 2, np.tile(KNOWN, 2))
    assert (chosen.layer, chosen.head, chosen.ahead, chosen.by) == (*expected, "aligner")


def test_what_explains_a_step_is_taken_where_nothing_is_better() -> None:
    assert next(places(pair([SHOWING], [SHOWING]))) == LinkPlace(1, None, False)
    assert choose([pair([SHOWING], [SHOWING])], KNOWN).layer == 1


def test_links_at_the_end_are_none() -> None:
    seen = pair([SHOWING])
    np.testing.assert_array_equal(found_links(seen, LinkPlace(0, 0, ahead=False)), KNOWN)
    np.testing.assert_array_equal(found_links(pair([LATER]), LinkPlace(0, 0, ahead=True)), KNOWN)


def test_the_error_rate_counts_links_of_both() -> None:
    """Three known links, four found, two of them right: 1 - 2 x 2 / 7."""
    assert error_rate(np.array([2, 0, 1, 0]), KNOWN) == pytest.approx(1 - 4 / 7)
    assert error_rate(KNOWN, KNOWN) == 0
    assert error_rate(np.array([-1]), np.array([-1])) == 0


def test_the_aligners_links_are_those_that_it_is_sure_of() -> None:
    class Sure:
        def links(self, source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
            assert source.shape == (1, 3)
            assert target.shape == (1, 4)
            return np.eye(3)[[2, 0, 1, 1]][None], np.array([[0.9, 0.5, 0.2, 0.6]])

    links = known_links(Sure(), pair([SHOWING]))  # type: ignore[arg-type]
    np.testing.assert_array_equal(links, KNOWN)
