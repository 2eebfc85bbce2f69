"""What TFMA computes and when it blesses: metrics, slices, the floor, the change against what serves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import tensorflow_model_analysis as tfma
from google.protobuf.wrappers_pb2 import DoubleValue
from tensorflow_model_analysis.proto import config_pb2

from contracts.directions import Direction
from contracts.examples import CORPUS, DIRECTION, LENGTH, TARGET
from pipeline.config import EvaluationConfig, PartGate
from pipeline.errors import DataError
from pipeline.steps.evaluate import metrics
from pipeline.steps.evaluate.slices import SliceKey
from pipeline.steps.evaluate.translations import BASELINE, CANDIDATE, EvaluatedSentence


def complete_tfma() -> None:
    """Give TFMA the name by which TFX's executor makes an EvalConfig.

    TFMA 0.52 lost it, and TFX 1.21 gives it in the `__init__` of `tfx.components`, which a run does not
    import (`pipeline.runs.late`).
    """
    if not hasattr(tfma, "EvalConfig"):
        tfma.EvalConfig = config_pb2.EvalConfig


def gated_parts(
    config: EvaluationConfig, translations: Sequence[EvaluatedSentence], directions: Sequence[Direction] = ()
) -> dict[SliceKey, PartGate]:
    """The parts of the test split that have a gate of their own; a length that no sentence has is none. Of
    several directions each that is trained has the gate that a single one would have, or its own. Nothing may
    fall where the baseline does not translate into the language of a sentence.

    Raises:
        DataError: a corpus or a direction that has one is not in the test split.
    """
    corpora, lengths = (
        {getattr(translation, part) for translation in translations} for part in (CORPUS, LENGTH)
    )
    for name in config.corpora:
        if name not in corpora:
            raise DataError(
                f"evaluation.corpora names {name}, of which no sentence is in the test split: add some, or "
                "take the name out"
            )
    parts = {
        **{(DIRECTION, name): gate for name, gate in _of_directions(config, translations, directions)},
        **{(CORPUS, name): gate for name, gate in config.corpora.items()},
        **{(LENGTH, name): gate for name, gate in config.lengths.items() if name in lengths},
    }
    apart = _uncompared(translations)
    return {
        part: gate.model_copy(update={"max_drop": None}) if part in apart else gate
        for part, gate in parts.items()
    }


def _uncompared(translations: Sequence[EvaluatedSentence]) -> set[SliceKey]:
    """Parts with a sentence that the baseline was not asked for; none where there is no baseline."""
    if all(translation.baseline is None for translation in translations):
        return set()
    alone = [translation for translation in translations if translation.baseline is None]
    return {
        (part, getattr(translation, part)) for translation in alone for part in (DIRECTION, CORPUS, LENGTH)
    }


def _of_directions(
    config: EvaluationConfig, translations: Sequence[EvaluatedSentence], directions: Sequence[Direction]
) -> Iterator[tuple[str, PartGate]]:
    tested = {translation.direction for translation in translations}
    for direction in directions:
        if direction.zero_shot:
            continue
        if direction.name not in tested:
            raise DataError(
                f"no sentence of direction {direction.name} is in the test split, so nothing can be said of "
                "it: add some, or take the direction out"
            )
        own = config.directions.get(direction.name, PartGate())
        yield (
            direction.name,
            PartGate(
                bleu_floor=config.bleu_floor if own.bleu_floor is None else own.bleu_floor,
                max_drop=config.max_drop if own.max_drop is None else own.max_drop,
            ),
        )


def whole_gate(config: EvaluationConfig, directions: Sequence[Direction]) -> PartGate:
    """Of all sentences together: of several directions, which are gated each, nothing is asked."""
    return PartGate() if directions else PartGate(bleu_floor=config.bleu_floor, max_drop=config.max_drop)


def eval_config(
    config: EvaluationConfig,
    parts: Mapping[SliceKey, PartGate],
    *,
    has_baseline: bool,
    directions: Sequence[Direction] = (),
) -> config_pb2.EvalConfig:
    """The EvalConfig of the gate; `parts` as `gated_parts` gives them.

    Both systems' translations are features of the evaluated examples: they were made once, in batches of
    like lengths. The change threshold exists only with a baseline; TFMA would ignore it otherwise.
    """
    models = [_model_spec(CANDIDATE)]
    if has_baseline:
        models.append(_model_spec(BASELINE, is_baseline=True))
    gates = [(config_pb2.SlicingSpec(), whole_gate(config, directions))]
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
            *([config_pb2.SlicingSpec(feature_keys=[DIRECTION])] if directions else []),
            config_pb2.SlicingSpec(feature_keys=[LENGTH]),
            config_pb2.SlicingSpec(feature_keys=[CORPUS]),
        ],
    )


def _model_spec(name: str, *, is_baseline: bool = False) -> config_pb2.ModelSpec:
    # Without the type TFMA would try to load the SavedModel as a Keras model to find it out.
    return config_pb2.ModelSpec(
        name=name, is_baseline=is_baseline, model_type="tf_generic", label_key=TARGET, prediction_key=name
    )


def _threshold(gate: PartGate, *, has_baseline: bool) -> config_pb2.MetricThreshold:
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
