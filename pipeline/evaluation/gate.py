"""What TFMA computes and when it blesses: metrics, slices, the floor, the change against what serves."""

from __future__ import annotations

import json

import tensorflow_model_analysis as tfma
from google.protobuf.wrappers_pb2 import DoubleValue

from pipeline.config import EvaluationConfig
from pipeline.evaluation import metrics
from pipeline.evaluation.translations import BASELINE, CANDIDATE, CORPUS, LENGTH, TARGET


def eval_config(config: EvaluationConfig, *, has_baseline: bool) -> tfma.EvalConfig:
    """The EvalConfig of the gate.

    Both systems' translations are features of the evaluated examples: they were made once, in batches of
    like lengths. The change threshold exists only with a baseline; TFMA would ignore it otherwise.
    """
    models = [_model_spec(CANDIDATE)]
    if has_baseline:
        models.append(_model_spec(BASELINE, is_baseline=True))
    bleu = tfma.MetricConfig(
        class_name=metrics.SacreBleu.__name__,
        module=metrics.__name__,
        config=json.dumps({"name": "bleu", "tokenize": config.tokenize}),
        # The gate is on all sentences. A plain `threshold` would hold for each slice too, however small.
        per_slice_thresholds=[
            tfma.PerSliceMetricThreshold(
                slicing_specs=[tfma.SlicingSpec()], threshold=_threshold(config, has_baseline=has_baseline)
            )
        ],
    )
    chrf = tfma.MetricConfig(
        class_name=metrics.Chrf.__name__, module=metrics.__name__, config=json.dumps({"name": "chrf"})
    )
    count = tfma.MetricConfig(class_name="ExampleCount")
    return tfma.EvalConfig(
        model_specs=models,
        metrics_specs=[tfma.MetricsSpec(metrics=[bleu, chrf, count], model_names=[m.name for m in models])],
        slicing_specs=[
            tfma.SlicingSpec(),
            tfma.SlicingSpec(feature_keys=[LENGTH]),
            tfma.SlicingSpec(feature_keys=[CORPUS]),
        ],
    )


def _model_spec(name: str, *, is_baseline: bool = False) -> tfma.ModelSpec:
    # Without the type TFMA would try to load the SavedModel as a Keras model to find it out.
    return tfma.ModelSpec(
        name=name, is_baseline=is_baseline, model_type="tf_generic", label_key=TARGET, prediction_key=name
    )


def _threshold(config: EvaluationConfig, *, has_baseline: bool) -> tfma.MetricThreshold:
    threshold = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound=DoubleValue(value=config.bleu_floor))
    )
    if has_baseline:
        change = tfma.GenericChangeThreshold(
            absolute=DoubleValue(value=-config.max_drop), direction=tfma.MetricDirection.HIGHER_IS_BETTER
        )
        threshold.change_threshold.CopyFrom(change)
    return threshold
