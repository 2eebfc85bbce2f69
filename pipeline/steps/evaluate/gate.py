"""What TFMA computes and when it blesses: metrics, slices, the floor, the change against what serves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from google.protobuf.wrappers_pb2 import DoubleValue
from tensorflow_model_analysis.proto import config_pb2

from pipeline.config import EvaluationConfig, PartGate
from pipeline.errors import DataError
from pipeline.steps.evaluate import metrics
from pipeline.steps.evaluate.translations import BASELINE, CANDIDATE, CORPUS, LENGTH, TARGET, Translation

Part = tuple[str, str]
"""Feature and value of a slice: `("corpus", "news")`."""


def gated_parts(config: EvaluationConfig, translations: Sequence[Translation]) -> dict[Part, PartGate]:
    """The parts of the test split that have a gate of their own; a length that no sentence has is none.

    Raises:
        DataError: a corpus that has one is not in the test split.
    """
    corpora, lengths = ({getattr(one, part) for one in translations} for part in (CORPUS, LENGTH))
    for name in config.corpora:
        if name not in corpora:
            raise DataError(
                f"evaluation.corpora names {name}, of which no sentence is in the test split: add some, or "
                "take the name out"
            )
    return {
        **{(CORPUS, name): gate for name, gate in config.corpora.items()},
        **{(LENGTH, name): gate for name, gate in config.lengths.items() if name in lengths},
    }


def eval_config(
    config: EvaluationConfig, parts: Mapping[Part, PartGate], *, has_baseline: bool
) -> config_pb2.EvalConfig:
    """The EvalConfig of the gate; `parts` as `gated_parts` gives them.

    Both systems' translations are features of the evaluated examples: they were made once, in batches of
    like lengths. The change threshold exists only with a baseline; TFMA would ignore it otherwise.
    """
    models = [_model_spec(CANDIDATE)]
    if has_baseline:
        models.append(_model_spec(BASELINE, is_baseline=True))
    gates: list[tuple[config_pb2.SlicingSpec, EvaluationConfig | PartGate]] = [
        (config_pb2.SlicingSpec(), config)
    ]
    for (feature, value), gate in parts.items():
        gates.append((config_pb2.SlicingSpec(feature_values={feature: value}), gate))
    bleu = config_pb2.MetricConfig(
        class_name=metrics.SacreBleu.__name__,
        module=metrics.__name__,
        config=json.dumps({"name": "bleu", "tokenize": config.tokenize}),
        # A plain `threshold` would hold for each slice too, however small.
        per_slice_thresholds=[
            config_pb2.PerSliceMetricThreshold(
                slicing_specs=[slicing], threshold=_threshold(gate, has_baseline=has_baseline)
            )
            for slicing, gate in gates
        ],
    )
    chrf = config_pb2.MetricConfig(
        class_name=metrics.Chrf.__name__, module=metrics.__name__, config=json.dumps({"name": "chrf"})
    )
    count = config_pb2.MetricConfig(class_name="ExampleCount")
    return config_pb2.EvalConfig(
        model_specs=models,
        metrics_specs=[
            config_pb2.MetricsSpec(metrics=[bleu, chrf, count], model_names=[m.name for m in models])
        ],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            config_pb2.SlicingSpec(feature_keys=[LENGTH]),
            config_pb2.SlicingSpec(feature_keys=[CORPUS]),
        ],
    )


def _model_spec(name: str, *, is_baseline: bool = False) -> config_pb2.ModelSpec:
    # Without the type TFMA would try to load the SavedModel as a Keras model to find it out.
    return config_pb2.ModelSpec(
        name=name, is_baseline=is_baseline, model_type="tf_generic", label_key=TARGET, prediction_key=name
    )


def _threshold(gate: EvaluationConfig | PartGate, *, has_baseline: bool) -> config_pb2.MetricThreshold:
    # BLEU is never below 0: a part without a floor.
    floor = gate.bleu_floor or 0.0
    threshold = config_pb2.MetricThreshold(
        value_threshold=config_pb2.GenericValueThreshold(lower_bound=DoubleValue(value=floor))
    )
    if has_baseline and gate.max_drop is not None:
        change = config_pb2.GenericChangeThreshold(
            absolute=DoubleValue(value=-gate.max_drop), direction=config_pb2.MetricDirection.HIGHER_IS_BETTER
        )
        threshold.change_threshold.CopyFrom(change)
    return threshold
