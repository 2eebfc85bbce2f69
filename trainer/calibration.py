"""From the scores of dev translations to the chance that one is good.

A score is a log-probability by length, which says little to people; a logistic curve over it says how many of
a hundred such sentences are good (Platt 1999, "Probabilistic outputs for support vector machines").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from contracts.confidence import Bin, Confidence
from trainer.errors import DataError

_BINS = 10
_ROUNDS = 100
_RIDGE = 1e-3
"""Keeps the curve finite where a score parts all good sentences from all others."""


def calibrate(scores: Sequence[float], chrf: Sequence[float], good_chrf: float) -> Confidence:
    """Fit to sentences with their scores and their chrF, 0 to 100.

    Its reliability is what a fit to every second sentence says of the others, and the other way round.

    Raises:
        DataError: there are fewer than two sentences.
    """
    given = np.asarray(scores, np.float64)
    good = np.asarray(chrf, np.float64) >= good_chrf
    if len(given) < 2:
        raise DataError(
            f"a confidence needs two dev sentences at least, and there are {len(given)}: give more, or leave "
            "export.good_chrf out"
        )
    said, even = np.zeros(len(given)), np.arange(len(given)) % 2 == 0
    for fold in (even, ~even):
        said[fold] = _chances(given[fold], *_fit(given[~fold], good[~fold]))
    slope, offset = _fit(given, good)
    bins = tuple(_bins(said, good))
    error = sum(part.sentences * abs(part.confidence - part.good) for part in bins) / len(given)
    return Confidence(
        good_chrf=good_chrf,
        sentences=len(given),
        good=float(good.mean()),
        slope=slope,
        offset=offset,
        error=float(error),
        reliability=bins,
    )


def _fit(scores: np.ndarray, good: np.ndarray) -> tuple[float, float]:
    """Slope and offset by Newton's method, to Platt's targets, which no finite number of sentences makes 0 or
    1 (section 2.2); slope 0 where better scores would mean fewer good ones."""
    count = int(good.sum())
    target = np.where(good, (count + 1.0) / (count + 2.0), 1.0 / (len(good) - count + 2.0))
    spread = max(float(scores.std()), 1e-9)
    inputs = np.stack([(scores - scores.mean()) / spread, np.ones(len(scores))], axis=1)
    weights = np.zeros(2)
    for _ in range(_ROUNDS):
        chances = _chances(inputs @ weights, 1.0, 0.0)
        gradient = inputs.T @ (chances - target) + _RIDGE * weights
        curvature = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights -= np.clip(step, -1.0, 1.0)  # a whole step may lead far beyond where the curve is flat
        if np.abs(step).max() < 1e-9:
            break
    if weights[0] <= 0:
        mean = float(target.mean())
        return 0.0, float(np.log(mean / (1.0 - mean)))
    slope = float(weights[0]) / spread
    return slope, float(weights[1]) - slope * float(scores.mean())


def _chances(scores: np.ndarray, slope: float, offset: float) -> np.ndarray:
    chances: np.ndarray = 1.0 / (1.0 + np.exp(-np.clip(slope * scores + offset, -500.0, 500.0)))
    return chances


def _bins(said: np.ndarray, good: np.ndarray) -> Iterator[Bin]:
    """Tenths of the confidence that have sentences."""
    places = np.minimum((said * _BINS).astype(int), _BINS - 1)
    for place in range(_BINS):
        inside = places == place
        if inside.any():
            yield Bin(
                confidence=float(said[inside].mean()),
                good=float(good[inside].mean()),
                sentences=int(inside.sum()),
            )
