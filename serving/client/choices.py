"""The best ways to choose one hypothesis for each of several sentences."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def best_choices(
    weights: Sequence[int], scores: Sequence[Sequence[float]], kept: int
) -> list[tuple[float, tuple[int, ...]]]:
    """For N sentences the `kept` best choices [N] of one hypothesis each, best first, each with the sum of
    its scores [N, K] by weight [N].
    """
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for weight, its in zip(weights, scores, strict=True):
        longer = (
            (total + weight * score, (*chosen, index))
            for total, chosen in best
            for index, score in enumerate(its)
        )
        # Exact: a best choice for all begins with one of the best for the first.
        best = heapq.nlargest(kept, longer, key=lambda one: one[0])
    return best
