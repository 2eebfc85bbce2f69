"""Entropy and distance of weights, worked out by hand."""

from __future__ import annotations

import numpy as np

from trainer.attention.measures import distances, entropies


def test_entropy_is_in_bits() -> None:
    weights = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.5, 0.25, 0.25, 0]])
    np.testing.assert_allclose(entropies(weights), [0, 1, 2, 1.5])


def test_distance_is_that_between_the_middles_of_pieces_in_shares_of_their_sentences() -> None:
    """Two target pieces stand at 1/4 and 3/4, four source pieces at 1/8, 3/8, 5/8 and 7/8."""
    np.testing.assert_allclose(distances(np.array([[1, 0, 0, 0], [0, 0, 0, 1.0]])), [1 / 8, 1 / 8])
    np.testing.assert_allclose(distances(np.array([[0, 0, 0, 1], [1, 0, 0, 0.0]])), [5 / 8, 5 / 8])
    np.testing.assert_allclose(distances(np.array([[0.5, 0.5, 0, 0], [0.25] * 4])), [1 / 8, 5 / 16])
    np.testing.assert_allclose(distances(np.eye(5)[None].repeat(2, 0)), np.zeros((2, 5)), atol=1e-9)
