"""Paired bootstrap resampling: Koehn 2004, "Statistical Significance Tests for Machine Translation".

The same resamples, p-value and interval as sacreBLEU's `--paired-bs`, which draws N x SAMPLES indices at
once and keeps a copy of the statistics for each; here a resample is a row of counts times the statistics,
made a few at a time, so that memory does not grow with the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.steps.evaluate.scoring import CorpusMetric

SEED = 12345  # sacreBLEU's
# Of fewer sentences the resamples are nearly all alike, and any difference would seem significant.
MIN_SENTENCES = 10
_INDICES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """95 % of the resampled values lie in it."""

    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same sentences."""

    difference: Interval  # candidate minus baseline
    p_value: float | None  # None: fewer than MIN_SENTENCES


@dataclass(frozen=True)
class Bootstrap:
    """What resampling says of a system, and of its difference to another."""

    candidate: Interval
    baseline: Interval | None
    comparison: Comparison | None


def paired_bootstrap(
    metric: CorpusMetric, candidate: np.ndarray, baseline: np.ndarray | None, samples: int, seed: int = SEED
) -> Bootstrap:
    """Intervals of both systems and of their difference, and sacreBLEU's p-value.

    Args:
        metric: turns summed statistics into a score.
        candidate: sentence statistics [N, F], N > 0.
        baseline: the other system's, for the same sentences in the same order.
        samples: number of resamples.
        seed: of the generator; both systems and all metrics see the same resamples.
    """
    candidate_scores = _resampled(metric, candidate, samples, seed)
    if baseline is None:
        return Bootstrap(_interval(candidate_scores), None, None)
    baseline_scores = _resampled(metric, baseline, samples, seed)
    differences = candidate_scores - baseline_scores
    real = metric.score(candidate.sum(0).tolist()) - metric.score(baseline.sum(0).tolist())
    p_value = _p_value(differences, real) if len(candidate) >= MIN_SENTENCES else None
    comparison = Comparison(_interval(differences), p_value)
    return Bootstrap(_interval(candidate_scores), _interval(baseline_scores), comparison)


def _p_value(differences: np.ndarray, real: float) -> float:
    """How often the resamples go beyond the real difference, as Moses' script and sacreBLEU compute it.

    The absolute differences of the resamples, moved to a mean of zero, stand for chance. One is added above
    and below, so that the value is never 0. Absolute values spread less than the differences that they are
    of, so that this is no two-sided test: between systems that are equally good it is below 0.05 in about
    one case of nine. Whether a difference is significant is told by its interval.
    """
    if not np.any(differences):
        # Alike on every resample: nothing to explain. sacreBLEU would give its smallest value here.
        return 1.0
    absolute = np.abs(differences)
    exceeding = int(np.sum(absolute - absolute.mean() > abs(real)))
    return (exceeding + 1) / (len(differences) + 1)


def _resampled(metric: CorpusMetric, statistics: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Scores of the resampled corpora [samples]."""
    sums = (counts @ statistics for counts in _resamples(len(statistics), samples, seed))
    return np.array([metric.score(row) for chunk in sums for row in chunk.tolist()])


def _resamples(sentences: int, samples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each sentence is drawn, in chunks [C, sentences] of all the samples."""
    generator = np.random.default_rng(seed)
    chunk = max(1, _INDICES_AT_ONCE // sentences)
    for start in range(0, samples, chunk):
        indices = generator.choice(sentences, size=(min(chunk, samples - start), sentences), replace=True)
        yield np.stack([np.bincount(row, minlength=sentences) for row in indices])


def _interval(scores: np.ndarray) -> Interval:
    """The middle 95 %: sacreBLEU's `estimate_ci`, which reports half its width."""
    ordered = np.sort(scores)
    outside = len(ordered) // 40
    return Interval(float(ordered[outside]), float(ordered[-1 - outside]))
