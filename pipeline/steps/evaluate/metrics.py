"""sacreBLEU and chrF as TFMA metrics: floats, so that thresholds can hold them.

TFMA's own `Bleu` (0.47) reads a SavedModel's strings as integers and returns an object that no threshold
can compare.
"""

from __future__ import annotations

from collections.abc import Iterable

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

from pipeline.examples.text import as_text
from pipeline.steps.evaluate.scoring import CorpusMetric


class SumOfStatistics(beam.CombineFn):
    """Adds up sentences' statistics [F] and scores the sum: the same number in whatever order Beam merges."""

    def __init__(
        self, metric: CorpusMetric, key: metric_types.MetricKey, eval_config: config_pb2.EvalConfig
    ) -> None:
        self._metric = metric
        self._key = key
        self._eval_config = eval_config

    def create_accumulator(self) -> np.ndarray:
        return np.zeros(self._metric.width, dtype=np.int64)

    def add_input(self, accumulator: np.ndarray, element: metric_types.StandardMetricInputs) -> np.ndarray:
        label, prediction, _ = next(
            metric_util.to_label_prediction_example_weight(
                element,
                eval_config=self._eval_config,
                model_name=self._key.model_name,
                output_name=self._key.output_name,
                example_weighted=False,
                flatten=False,
                squeeze=False,
            )
        )
        return accumulator + np.asarray(self._metric.statistics(_only(prediction), _only(label)), np.int64)

    def merge_accumulators(self, accumulators: Iterable[np.ndarray]) -> np.ndarray:
        return sum(accumulators, self.create_accumulator())

    def extract_output(self, accumulator: np.ndarray) -> dict[metric_types.MetricKey, float]:
        return {self._key: self._metric.score(accumulator.tolist())}


def _only(values: np.ndarray) -> str:
    """The one text in a feature or prediction of an example."""
    (value,) = np.ravel(values).tolist()
    return as_text(value)


def _bleu(
    name: str, tokenize: str, eval_config: config_pb2.EvalConfig, model_name: str, output_name: str
) -> metric_types.MetricComputations:
    return _computations(CorpusMetric("bleu", tokenize), name, eval_config, model_name, output_name)


def _chrf(
    name: str, eval_config: config_pb2.EvalConfig, model_name: str, output_name: str
) -> metric_types.MetricComputations:
    return _computations(CorpusMetric("chrf"), name, eval_config, model_name, output_name)


def _computations(
    metric: CorpusMetric, name: str, eval_config: config_pb2.EvalConfig, model_name: str, output_name: str
) -> metric_types.MetricComputations:
    key = metric_types.MetricKey(name=name, model_name=model_name, output_name=output_name)
    combiner = SumOfStatistics(metric, key, eval_config)
    return [metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


class SacreBleu(metric_types.Metric):
    """Corpus BLEU, equal to `sacrebleu --tokenize TOKENIZE`."""

    def __init__(self, name: str = "bleu", tokenize: str = "13a") -> None:
        super().__init__(metric_util.merge_per_key_computations(_bleu), name=name, tokenize=tokenize)


class Chrf(metric_types.Metric):
    """Corpus chrF2, equal to `sacrebleu --metrics chrf`."""

    def __init__(self, name: str = "chrf") -> None:
        super().__init__(metric_util.merge_per_key_computations(_chrf), name=name)
