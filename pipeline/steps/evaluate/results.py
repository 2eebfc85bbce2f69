"""From TFMA's output and the translations to `Scores`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from contracts.directions import Direction
from contracts.examples import CORPUS, DIRECTION, LENGTH
from contracts.scores import (
    BootstrapSettings,
    MetricScores,
    PartThresholds,
    Scores,
    Signatures,
    SliceScores,
    System,
    Thresholds,
)
from contracts.slices import slice_names
from pipeline.config import EvaluationConfig, Languages
from pipeline.errors import PipelineError
from pipeline.steps.evaluate.bootstrap import SEED, Bootstrap, Interval, paired_bootstrap
from pipeline.steps.evaluate.gate import gated_parts, whole_gate
from pipeline.steps.evaluate.scoring import METRIC_NAMES, CorpusMetric, corpus_metrics
from pipeline.steps.evaluate.slices import SliceKey
from pipeline.steps.evaluate.translations import BASELINE, CANDIDATE, EvaluatedSentence
from pipeline.steps.evaluate.verdict import verdict

_Part = SliceKey | None
"""A slice; None: all sentences."""


def read_metrics(evaluation_uri: str) -> dict[tuple[_Part, str, str], float]:
    """TFMA's numbers, by slice, system (`candidate`, `baseline`) and metric."""
    values = {}
    for record in tfma.load_metrics(str(Path(evaluation_uri) / "metrics")):
        for item in record.metric_keys_and_values:
            if not item.key.is_diff and item.value.WhichOneof("type") == "double_value":
                # With one system TFMA leaves its name out.
                system = item.key.model_name or CANDIDATE
                key = _slice_key(record.slice_key.single_slice_keys)
                values[key, system, item.key.name] = item.value.double_value.value
    if not values:
        raise PipelineError(f"TFMA wrote no metrics into {evaluation_uri}: run the Evaluator again")
    return values


def _slice_key(keys: Sequence[metrics_for_slice_pb2.SingleSliceKey]) -> _Part:
    if not keys:
        return None
    (key,) = keys
    return key.column, key.bytes_value.decode("utf-8", errors="replace")


def assemble(
    evaluation_uri: str,
    blessed: bool,
    translations: Sequence[EvaluatedSentence],
    config: EvaluationConfig,
    languages: Languages,
    split: str,
    candidate: System,
    baseline: System | None,
    directions: Sequence[Direction] = (),
) -> Scores:
    """TFMA's scores and decision with the bootstrap's intervals and p-values beside them."""
    metrics = corpus_metrics(config)
    values = read_metrics(evaluation_uri)
    statistics = {name: _Statistics(metric, translations) for name, metric in metrics.items()}

    def scores_of(key: _Part) -> SliceScores:
        rows = np.array([row for row, translation in enumerate(translations) if _is_in(translation, key)])
        scored = {
            name: _metric_scores(values, key, name, statistics[name].resample(rows, config.bootstrap_samples))
            for name in METRIC_NAMES
        }
        feature, value = key or (None, None)
        return SliceScores(feature=feature, value=value, sentences=len(rows), **scored)

    overall = scores_of(None)
    slices = tuple(scores_of(key) for key in _slices(translations, config.length_slices))
    thresholds = _thresholds(config, translations, directions)
    return Scores(
        source_language=languages.source,
        target_language=languages.target,
        split=split,
        signatures=Signatures(**{name: metric.signature for name, metric in metrics.items()}),
        candidate=candidate,
        baseline=baseline,
        overall=overall,
        slices=slices,
        bootstrap=BootstrapSettings(samples=config.bootstrap_samples, seed=SEED),
        thresholds=thresholds,
        verdict=verdict(
            blessed,
            overall,
            slices,
            thresholds,
            baseline.version if baseline else None,
            compared=baseline is not None,
        ),
    )


def _thresholds(
    config: EvaluationConfig, translations: Sequence[EvaluatedSentence], directions: Sequence[Direction]
) -> Thresholds:
    whole = whole_gate(config, directions)
    return Thresholds(
        bleu_floor=whole.bleu_floor,
        max_drop=whole.max_drop,
        parts={
            f"{feature} {value}": PartThresholds(bleu_floor=gate.bleu_floor, max_drop=gate.max_drop)
            for (feature, value), gate in gated_parts(config, translations, directions).items()
        },
    )


class _Statistics:
    """Sentence statistics of both systems in one metric."""

    def __init__(self, metric: CorpusMetric, translations: Sequence[EvaluatedSentence]) -> None:
        references = [t.reference for t in translations]
        self._metric = metric
        self._candidate = metric.matrix([t.candidate for t in translations], references)
        self._compared = np.array([t.baseline is not None for t in translations])
        hypotheses = [t.baseline or "" for t in translations]
        self._baseline = metric.matrix(hypotheses, references) if self._compared.any() else None

    def resample(self, rows: np.ndarray, samples: int) -> Bootstrap:
        matrix = self._baseline
        baseline = matrix[rows] if matrix is not None and self._compared[rows].all() else None
        return paired_bootstrap(self._metric, self._candidate[rows], baseline, samples)


def _metric_scores(
    values: dict[tuple[_Part, str, str], float], key: _Part, name: str, bootstrap: Bootstrap
) -> MetricScores:
    candidate = values[key, CANDIDATE, name]
    if bootstrap.baseline is None or bootstrap.comparison is None:
        return MetricScores(candidate=candidate, candidate_interval=_pair(bootstrap.candidate))
    baseline = values[key, BASELINE, name]
    return MetricScores(
        candidate=candidate,
        candidate_interval=_pair(bootstrap.candidate),
        baseline=baseline,
        baseline_interval=_pair(bootstrap.baseline),
        difference=candidate - baseline,
        difference_interval=_pair(bootstrap.comparison.difference),
        p_value=bootstrap.comparison.p_value,
    )


def _slices(translations: Iterable[EvaluatedSentence], bounds: Sequence[int]) -> list[_Part]:
    """The slices that have sentences: directions by name, where there are several, lengths from short to
    long, then corpora by name.
    """
    directions = {t.direction for t in translations} - {""}
    lengths = {t.length for t in translations}
    corpora = {t.corpus for t in translations}
    return [
        *((DIRECTION, name) for name in sorted(directions)),
        *((LENGTH, name) for name in slice_names(bounds) if name in lengths),
        *((CORPUS, name) for name in sorted(corpora)),
    ]


def _is_in(translation: EvaluatedSentence, key: _Part) -> bool:
    if key is None:
        return True
    feature, value = key
    return bool(value == getattr(translation, feature))


def _pair(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
