"""The Evaluator's executor on a toy SavedModel: TFX's own decides, the scores are sacreBLEU's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sacrebleu
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from contracts.scores import Scores
from pipeline.config import EvaluationConfig, Languages
from pipeline.config.engine import BeamConfig, beam_arguments
from pipeline.errors import DataError
from pipeline.steps.evaluate.component import EvaluationScores, Evaluator, Executor
from pipeline.steps.evaluate.results import read_metrics
from pipeline.steps.evaluate.translations import read_translations
from tests.pipeline.steps.evaluate import toy

NOUNS = ["dog", "cat", "house", "tree", "river", "child", "street", "garden", "teacher", "window"]
ROWS = [
    (
        f"the {noun} number {index} is {'very ' * (index % 14)}old .",
        f"{noun.title()} Nummer {index} ist {'sehr ' * (index % 14)}alt , \x00 „ja“ ?",
        "seen" if index % 3 else "2016",
    )
    for index in range(20)
    for noun in NOUNS[:4]
] + [("", "leer", "2016"), ("nothing comes back", "nichts kommt zurück", "seen")]


def worse(target: str, every: int) -> str:
    """The reference with each nth word wrong."""
    words = target.split(" ")
    return " ".join(
        "falsch" if position % every == every - 1 else word for position, word in enumerate(words)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluator")


@pytest.fixture(scope="module")
def examples(folder: Path) -> standard_artifacts.Examples:
    return toy.write_examples(ROWS, folder / "examples")


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Path]:
    """Good, a little worse and bad, all from a table; the last source is answered with nothing."""
    tables = {
        "good": {source: worse(target, 9) for source, target, _ in ROWS if source},
        "worse": {source: worse(target, 6) for source, target, _ in ROWS if source},
        "bad": {source: worse(target, 2) for source, target, _ in ROWS if source},
    }
    for table in tables.values():
        table["nothing comes back"] = ""
    exported = {name: toy.export(table, folder / name) for name, table in tables.items()}
    pushed = folder / "models" / "en-de"
    pushed.mkdir(parents=True)
    (pushed / "3").symlink_to(exported["good"] / "Format-Serving")
    return {**exported, "pushed": pushed / "3"}


@pytest.fixture(scope="module")
def evaluate(
    folder: Path, examples: standard_artifacts.Examples, models: dict[str, Path]
) -> Callable[..., tuple[Scores, dict]]:
    """Runs the executor as TFX does; returns the scores and the output artifacts."""
    runs: dict[tuple, tuple[Scores, dict]] = {}

    def run(candidate: str, baseline: str | None = None, **settings: object) -> tuple[Scores, dict]:
        name = f"run-{len(runs)}"
        key = (candidate, baseline, repr(sorted(settings.items())))
        if key in runs:
            return runs[key]
        kinds = {
            "evaluation": standard_artifacts.ModelEvaluation,
            "blessing": standard_artifacts.ModelBlessing,
            "translations": standard_artifacts.Examples,
            "scores": EvaluationScores,
        }
        outputs = {}
        for output, kind in kinds.items():
            outputs[output] = [kind()]
            outputs[output][0].uri = str(folder / name / output)
        inputs = {"examples": [examples], "model": [_model(models[candidate])]}
        if baseline is not None:
            inputs["baseline_model"] = [_model(models[baseline])]
        context = BaseBeamExecutor.Context(
            beam_pipeline_args=beam_arguments(BeamConfig()), tmp_dir=str(folder / name / "tmp"), unique_id="1"
        )
        config = EvaluationConfig(length_slices=(5, 12), bootstrap_samples=200, **settings)
        properties = {
            "config": config.model_dump_json(),
            "languages": Languages(source="en", target="de").model_dump_json(),
        }
        Executor(context).Do(inputs, outputs, properties)
        runs[key] = Scores.load(outputs["scores"][0].uri), outputs
        return runs[key]

    return run


def _model(uri: Path) -> standard_artifacts.Model:
    model = standard_artifacts.Model()
    model.uri = str(uri)
    return model


def _blessed(outputs: dict) -> bool:
    blessing = outputs["blessing"][0]
    files = {path.name for path in Path(blessing.uri).iterdir()}
    assert files in ({"BLESSED"}, {"NOT_BLESSED"})
    assert blessing.get_int_custom_property("blessed") == int(files == {"BLESSED"})
    return files == {"BLESSED"}


def test_tfma_may_lack_the_name_that_tfx_asks_it_for(
    evaluate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tfma, "EvalConfig", raising=False)  # As TFMA 0.52 is imported.
    _, outputs = evaluate("good", bleu_floor=19.0)
    assert _blessed(outputs)
    assert tfma.EvalConfig is config_pb2.EvalConfig


def test_a_first_good_model_is_blessed(evaluate: Callable) -> None:
    scores, outputs = evaluate("good", bleu_floor=20.0)
    assert _blessed(outputs)
    assert scores.verdict.blessed
    assert scores.baseline is None
    assert scores.overall.bleu.baseline is None
    assert scores.overall.sentences == len(ROWS)
    assert scores.verdict.reasons == (
        f"BLEU {scores.overall.bleu.candidate:.1f} is not below the floor 20.0",
    )


def test_a_model_below_the_floor_is_refused_with_numbers(evaluate: Callable) -> None:
    scores, outputs = evaluate("bad", bleu_floor=90.0)
    assert not _blessed(outputs)
    assert not scores.verdict.blessed
    assert scores.verdict.text == f"BLEU {scores.overall.bleu.candidate:.1f} is below the floor 90.0"


def test_a_model_that_falls_too_far_is_refused_against_the_version_that_serves(evaluate: Callable) -> None:
    scores, outputs = evaluate("worse", "pushed", bleu_floor=1.0, max_drop=0.5)
    bleu = scores.overall.bleu
    assert not _blessed(outputs)
    assert scores.baseline is not None
    assert scores.baseline.version == 3
    assert scores.verdict.text == (
        f"BLEU fell by {-bleu.difference:.1f} against version 3 "
        f"({bleu.baseline:.1f} → {bleu.candidate:.1f}), at most 0.5 allowed"
    )
    assert bleu.significant


def test_a_small_fall_is_allowed(evaluate: Callable) -> None:
    scores, outputs = evaluate("worse", "pushed", bleu_floor=1.0, max_drop=60.0)
    assert _blessed(outputs)
    assert scores.verdict.blessed


@pytest.mark.parametrize(
    ("parts", "blessed"),
    [
        ({"corpora": {"seen": {"max_drop": 0.5}}}, False),
        ({"corpora": {"seen": {"max_drop": 90}, "2016": {"bleu_floor": 1}}}, True),
        ({"lengths": {"6–12": {"bleu_floor": 99.5}}}, False),
    ],
)
def test_a_part_has_a_floor_and_a_largest_drop_of_its_own(
    evaluate: Callable, parts: dict, blessed: bool
) -> None:
    scores, outputs = evaluate("worse", "pushed", bleu_floor=1.0, max_drop=60.0, **parts)
    assert _blessed(outputs) is scores.verdict.blessed is blessed
    if not blessed:
        [reason] = scores.verdict.reasons
        assert reason.startswith(("corpus seen: BLEU fell by", "length 6–12: BLEU"))


def test_a_gated_corpus_without_a_test_sentence_is_named(evaluate: Callable) -> None:
    with pytest.raises(DataError, match="names nowhere, of which no sentence is in the test split"):
        evaluate("good", corpora={"nowhere": {"max_drop": 1}})


def test_the_same_model_again_is_blessed_and_not_significant(evaluate: Callable) -> None:
    scores, outputs = evaluate("good", "pushed", bleu_floor=1.0, max_drop=0.0)
    assert _blessed(outputs)
    assert scores.overall.bleu.difference == 0.0
    assert scores.overall.bleu.p_value == 1.0
    assert not scores.overall.bleu.significant


def test_every_number_is_sacrebleus_own(evaluate: Callable) -> None:
    scores, outputs = evaluate("worse", "pushed", bleu_floor=1.0, max_drop=0.5)
    translations = read_translations(Path(outputs["translations"][0].uri) / "Split-test")
    assert [(t.source, t.reference, t.corpus) for t in translations] == ROWS
    assert [t.line for t in translations] == list(range(1, len(ROWS) + 1))
    assert {s.feature for s in scores.slices} == {"length", "corpus"}
    assert [s.value for s in scores.slices] == ["≤ 5", "6–12", "> 12", "2016", "seen"]
    for part in (scores.overall, *scores.slices):
        inside = [t for t in translations if part.feature is None or getattr(t, part.feature) == part.value]
        references = [[t.reference for t in inside]]
        assert part.sentences == len(inside)
        for system in ("candidate", "baseline"):
            hypotheses = [getattr(t, system) for t in inside]
            bleu = sacrebleu.corpus_bleu(hypotheses, references, force=True)
            assert getattr(part.bleu, system) == bleu.score
            assert getattr(part.chrf, system) == sacrebleu.corpus_chrf(hypotheses, references).score
    assert (
        scores.signatures.bleu
        == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"
    )
    assert scores.signatures.chrf.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_the_slices_words_are_counted_in_the_source(evaluate: Callable) -> None:
    _, outputs = evaluate("good", bleu_floor=20.0)
    for translation in read_translations(Path(outputs["translations"][0].uri) / "Split-test"):
        words = len(translation.source.split())
        assert translation.length == ("≤ 5" if words <= 5 else "6–12" if words <= 12 else "> 12")


def test_translations_are_the_models_own_and_in_order(evaluate: Callable) -> None:
    _, outputs = evaluate("good", bleu_floor=20.0)
    translations = read_translations(Path(outputs["translations"][0].uri) / "Split-test")
    by_source = {t.source: t.candidate for t in translations}
    assert by_source["nothing comes back"] == ""
    assert by_source[""] == ""
    assert all(t.candidate == worse(t.reference, 9) for t in translations[:-2])


def test_tfma_metrics_are_in_the_evaluation_artifact(evaluate: Callable) -> None:
    scores, outputs = evaluate("worse", "pushed", bleu_floor=1.0, max_drop=0.5)
    values = read_metrics(outputs["evaluation"][0].uri)
    assert values[None, "candidate", "bleu"] == scores.overall.bleu.candidate
    seen = next(part for part in scores.slices if part.value == "seen")
    assert values[("corpus", "seen"), "baseline", "chrf"] == seen.chrf.baseline


def test_an_empty_test_split_is_refused(tmp_path: Path) -> None:
    from pipeline.steps.evaluate.translations import read_sentences

    examples = toy.write_examples([], tmp_path / "examples")
    with pytest.raises(DataError, match="no sentence to evaluate on"):
        read_sentences([Path(examples.uri) / "Split-test"])


def test_the_component_has_the_documented_channels(examples: standard_artifacts.Examples) -> None:
    from tfx.types import channel_utils

    component = Evaluator(
        examples=channel_utils.as_channel([examples]),
        model=channel_utils.as_channel([standard_artifacts.Model()]),
        config=EvaluationConfig(),
        languages=Languages(source="en", target="de"),
    )
    assert set(component.outputs) == {"evaluation", "blessing", "translations", "scores"}
    assert set(component.inputs) == {"examples", "model"}
