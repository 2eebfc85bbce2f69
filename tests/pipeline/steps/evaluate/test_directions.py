"""Each trained direction has its floor and its largest drop; one that is never trained is only measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from contracts.directions import Direction
from contracts.scores import MetricScores, PartThresholds, Scores, SliceScores, Thresholds
from pipeline.config import EvaluationConfig, PartGate
from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.errors import DataError
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.evaluate.component import EvaluationScores, Executor
from pipeline.steps.evaluate.gate import eval_config, gated_parts, whole_gate
from pipeline.steps.evaluate.plan import PlannedGate
from pipeline.steps.evaluate.translations import EvaluatedSentence
from pipeline.steps.evaluate.verdict import verdict
from tests.pipeline.steps.evaluate import toy

DIRECTIONS = tuple(
    Direction(source_language=source, target_language=target, zero_shot=zero_shot)
    for source, target, zero_shot in (("en", "de", False), ("de", "en", False), ("fr", "de", True))
)
CONFIG = EvaluationConfig(bleu_floor=20, max_drop=0.5, directions={"de-en": PartGate(bleu_floor=30)})


def translation(direction: str) -> EvaluatedSentence:
    return EvaluatedSentence("s", "t", "c", 1, "≤ 10", "t", "t", direction, direction[-2:])


def test_a_trained_direction_has_its_own_gate_or_that_of_all() -> None:
    rows = [translation(direction.name) for direction in DIRECTIONS]
    parts = gated_parts(CONFIG, rows, DIRECTIONS)
    assert parts == {
        ("direction", "en-de"): PartGate(bleu_floor=20, max_drop=0.5),
        ("direction", "de-en"): PartGate(bleu_floor=30, max_drop=0.5),
    }
    assert gated_parts(CONFIG, rows) == {}
    assert whole_gate(CONFIG, DIRECTIONS) == PartGate()
    assert whole_gate(CONFIG, ()) == PartGate(bleu_floor=20, max_drop=0.5)


def test_a_direction_that_is_not_tested_cannot_pass() -> None:
    with pytest.raises(DataError, match="no sentence of direction de-en is in the test split"):
        gated_parts(CONFIG, [translation("en-de")], DIRECTIONS)


def test_tfma_asks_each_direction_and_nothing_of_all_together() -> None:
    parts = gated_parts(CONFIG, [translation(direction.name) for direction in DIRECTIONS], DIRECTIONS)
    made = eval_config(CONFIG, parts, has_baseline=True, directions=DIRECTIONS)
    bleu = made.metrics_specs[0].metrics[0].per_slice_thresholds
    asked = {
        gate.slicing_specs[0].feature_values["direction"]: (
            gate.threshold.value_threshold.lower_bound.value,
            gate.threshold.change_threshold.absolute.value,
        )
        for gate in bleu
    }
    assert asked == {"": (0.0, 0.0), "en-de": (20.0, -0.5), "de-en": (30.0, -0.5)}
    assert not bleu[0].threshold.HasField("change_threshold")
    assert ["direction"] in [list(spec.feature_keys) for spec in made.slicing_specs]
    single = eval_config(CONFIG, {}, has_baseline=True)
    assert ["direction"] not in [list(spec.feature_keys) for spec in single.slicing_specs]


def scores(feature: str | None, value: str | None, candidate: float, baseline: float) -> SliceScores:
    bleu = MetricScores(
        candidate=candidate,
        candidate_interval=(0, 100),
        baseline=baseline,
        difference_interval=(-20.0, -1.0),
        p_value=0.01,
    )
    return SliceScores(feature=feature, value=value, sentences=100, bleu=bleu, chrf=bleu)


def test_a_fall_is_a_reason_where_it_is_gated_and_a_warning_where_not() -> None:
    thresholds = Thresholds(
        bleu_floor=None,
        max_drop=None,
        parts={"direction en-de": PartThresholds(bleu_floor=20, max_drop=0.5)},
    )
    slices = [scores("direction", "en-de", 30, 33), scores("direction", "fr-de", 5, 9)]
    said = verdict(False, scores(None, None, 20, 25), slices, thresholds, 3)
    assert said.reasons == (
        "direction en-de: BLEU fell by 3.0 against version 3 (33.0 → 30.0), at most 0.5 allowed",
    )
    assert said.warnings == (
        "direction fr-de: BLEU fell by 4.0 against version 3 (9.0 → 5.0), at most 0.5 allowed on the whole",
    )


def test_a_direction_that_the_baseline_does_not_have_is_not_compared(tmp_path: Path) -> None:
    rows = [(f"the {noun} is old", f"alt ist {noun} und gut") for noun in ("dog", "cat", "house") * 4]
    table = dict(rows)
    split = tmp_path / "examples" / "Split-test"
    with ShardWriter(str(split), "data") as writer:
        for line, (source, target) in enumerate(rows, 1):
            for language in (b"de", b"fr"):
                corpus = b"both" if line % 2 else language
                writer.write(Pair(source.encode(), target.encode(), corpus, line, b"en", language))
    examples, model, baseline = (
        standard_artifacts.Examples(),
        standard_artifacts.Model(),
        standard_artifacts.Model(),
    )
    examples.uri, examples.split_names = str(tmp_path / "examples"), '["test"]'
    model.uri = str(toy.export_directed(table, ["de", "fr"], tmp_path / "new"))
    baseline.uri = str(toy.export_directed(table, ["de"], tmp_path / "old"))
    kinds = {
        "evaluation": standard_artifacts.ModelEvaluation,
        "blessing": standard_artifacts.ModelBlessing,
        "translations": standard_artifacts.Examples,
        "scores": EvaluationScores,
    }
    outputs = {name: [kind()] for name, kind in kinds.items()}
    for name, (artifact,) in outputs.items():
        artifact.uri = str(tmp_path / name)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=beam_arguments(BeamConfig()), tmp_dir=str(tmp_path / "tmp"), unique_id="1"
    )
    config = EvaluationConfig(bootstrap_samples=100, corpora={"both": PartGate(max_drop=1.0)})
    directions = [{"source_language": "en", "target_language": language} for language in ("de", "fr")]
    Executor(context).Do(
        {"examples": [examples], "model": [model], "baseline_model": [baseline]},
        outputs,
        {
            "config": config.model_dump_json(),
            "languages": '{"source": "en", "target": "de"}',
            "directions": json.dumps(directions),
        },
    )
    scores = Scores.load(outputs["scores"][0].uri)
    baselines = {part.name: part.bleu.baseline for part in scores.slices}
    assert baselines["direction en-de"] == baselines["corpus de"] == pytest.approx(100)
    assert baselines["direction en-fr"] is baselines["corpus both"] is baselines["corpus fr"] is None
    assert scores.overall.bleu.baseline is None
    assert scores.thresholds.parts["corpus both"].max_drop is None
    assert scores.verdict.blessed
    assert scores.verdict.warnings == (
        "direction en-fr: not compared, for the model that serves now does not translate into its language",
    )


def test_the_plan_names_them() -> None:
    planned = PlannedGate.of(CONFIG, DIRECTIONS)
    assert planned.text == (
        "BLEU (13a) of 20 at least, and at most 0.5 below the version that serves, in each of en-de, de-en; "
        "de-en: bleu_floor 30"
    )
    assert planned.as_json()["directions"] == ("en-de", "de-en")
    assert "directions" not in PlannedGate.of(CONFIG).as_json()
