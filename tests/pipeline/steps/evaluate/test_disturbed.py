"""Dev sentences as users type them: what is measured, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, standard_artifacts

from contracts.scores import DisturbedScores, Scores, Verdict
from pipeline.config import EvaluationConfig, Languages
from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.examples.shards import Pair, ShardWriter
from pipeline.steps.evaluate.component import EvaluationScores, Executor
from pipeline.steps.evaluate.disturbed import SENTENCES, disturb, judged, score_disturbed, spread
from pipeline.steps.evaluate.plan import PlannedGate
from tests.pipeline.steps.evaluate import toy

PAIRS = [
    Pair(f"the dog number {number} is old.".encode(), f"Hund Nummer {number} ist alt.".encode(), b"c", number)
    for number in range(12)
]


def test_what_a_disturbance_finds_nothing_in_is_not_measured() -> None:
    pairs = [Pair("你好.".encode(), "你好.".encode(), b"c", 1), PAIRS[0]]
    assert disturb("upper-case", pairs) == [
        (PAIRS[0], PAIRS[0]._replace(source=b"THE DOG NUMBER 0 IS OLD.", target=b"HUND NUMMER 0 IST ALT."))
    ]
    assert disturb("typos", PAIRS) == disturb("typos", PAIRS)
    config = EvaluationConfig(disturbed={"upper-case": {"max_drop": 0}})
    assert score_disturbed(pairs[:1], lambda _: [], config) == ()


def test_scores_stand_beside_those_of_the_same_sentences_as_they_are() -> None:
    """A translator that knows the sentences by heart, and nothing else."""
    known = {pair.source: pair.target for pair in PAIRS}
    asked: list[int] = []

    def translate(pairs: Sequence[Pair]) -> list[bytes]:
        asked.append(len(pairs))
        return [known.get(pair.source, b"") for pair in pairs]

    config = EvaluationConfig(disturbed={"no-end": {"max_drop": 3}, "two-sentences": {}})
    without_end, two = score_disturbed(PAIRS, translate, config)
    assert (without_end.sentences, two.sentences) == (12, 11)
    assert without_end.undisturbed_bleu == pytest.approx(100)
    assert (without_end.bleu, without_end.chrf, without_end.drop) == (0, 0, without_end.undisturbed_bleu)
    assert not without_end.passed
    assert two.passed
    assert asked == [12, 12, 11]  # each as it is once


def test_a_thousand_sentences_are_spread_over() -> None:
    pairs = [PAIRS[0]._replace(line=line) for line in range(1234)]
    drawn = [pair.line for pair in spread(pairs)]
    assert (len(drawn), drawn[:3]) == (SENTENCES, [0, 2, 4])
    assert spread(PAIRS) == PAIRS


def scored(drop: float, max_drop: float | None) -> DisturbedScores:
    return DisturbedScores(
        disturbance="typos", sentences=9, bleu=30 - drop, chrf=50, undisturbed_bleu=30, undisturbed_chrf=60,
        max_drop=max_drop,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("blessed", "drop", "max_drop", "after", "reasons"),
    [
        (
            True,
            2,
            3,
            True,
            ("why", "typos: BLEU 28.00 where it is 30.00 on the same 9 dev sentences as they"),
        ),
        (True, 4, 3, False, ("typos: BLEU 26.00 where it is 30.00",)),
        (True, 9, None, True, ("why",)),
        (False, 2, 3, False, ("why",)),
        (False, 4, 3, False, ("why", "typos: BLEU 26.00")),
    ],
)
def test_the_verdict_says_which_disturbance_costs_too_much(
    blessed: bool, drop: float, max_drop: float | None, after: bool, reasons: tuple[str, ...]
) -> None:
    said = judged(Verdict(blessed=blessed, reasons=("why",)), [scored(drop, max_drop)])
    assert said.blessed is after
    assert len(said.reasons) == len(reasons)
    assert all(text.startswith(begin) for text, begin in zip(said.reasons, reasons, strict=True))


@pytest.mark.parametrize(("max_drop", "blessed"), [(3.0, False), (None, True)])
def test_the_evaluator_measures_dev_and_refuses(
    max_drop: float | None, blessed: bool, tmp_path: Path
) -> None:
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["dev", "test"])
    for split, pairs in (("dev", PAIRS[:6]), ("test", PAIRS[6:])):
        with ShardWriter(artifact_utils.get_split_uri([examples], split), "data") as writer:
            for pair in pairs:
                writer.write(pair)
    table = {pair.source.decode(): pair.target.decode() for pair in PAIRS}
    model = standard_artifacts.Model()
    model.uri = str(toy.export(table, tmp_path / "model"))
    kinds = {
        "evaluation": standard_artifacts.ModelEvaluation,
        "blessing": standard_artifacts.ModelBlessing,
        "translations": standard_artifacts.Examples,
        "scores": EvaluationScores,
    }
    outputs = {name: [kind()] for name, kind in kinds.items()}
    for name, [output] in outputs.items():
        output.uri = str(tmp_path / name)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=beam_arguments(BeamConfig()), tmp_dir=str(tmp_path / "tmp"), unique_id="1"
    )
    config = EvaluationConfig(bootstrap_samples=100, disturbed={"upper-case": {"max_drop": max_drop}})
    properties = {
        "config": config.model_dump_json(),
        "languages": Languages(source="en", target="de").model_dump_json(),
    }
    Executor(context).Do({"examples": [examples], "model": [model]}, outputs, properties)
    scores = Scores.load(tmp_path / "scores")
    [upper] = scores.disturbed
    # What it does not know it gives back: the source in capitals.
    assert (upper.sentences, upper.undisturbed_bleu) == (6, pytest.approx(100))
    assert upper.bleu < 10
    assert scores.verdict.blessed is blessed
    [blessing] = outputs["blessing"]
    assert blessing.get_int_custom_property("blessed") == blessed
    assert {path.name for path in (tmp_path / "blessing").iterdir()} == {
        "BLESSED" if blessed else "NOT_BLESSED"
    }


def test_a_plan_tells_what_may_be_lost_and_nothing_is_said_where_nothing_is_asked() -> None:
    assert "disturbed" not in EvaluationConfig().model_dump()
    gate = PlannedGate.of(EvaluationConfig(disturbed={"typos": {"max_drop": 2}, "no-end": {}}))
    assert gate.text.endswith("; typos: max_drop 2")


@pytest.mark.parametrize(
    ("name", "said"), [("typo", "did you mean `typos`"), ("placeholders", "goes by an aligner")]
)
def test_what_cannot_be_measured_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        EvaluationConfig(disturbed={name: {}})
