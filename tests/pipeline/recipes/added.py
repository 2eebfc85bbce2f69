"""Recipes and a step that a user adds, and a run that takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import RunConfig
from tests.pipeline.steps.runs import config, pair_corpus

RECIPE = """
from pipeline.recipes.base import Use

STEPS = (
    Use("ingest"),
    Use("clean"),
    Use("vocabulary"),
    Use("count", channels={"examples": "cleaned_examples"}),
    Use("train", "teacher", {"model": "teacher_model", "model_run": "teacher_run"}),
    Use("train", "language-model", {"model": "language_model", "model_run": "language_run"}),
    Use("train"),
)
"""
WITH_REPORT = RECIPE.replace(
    '    Use("train"),\n',
    '    Use("train"),\n    Use("evaluate"),\n'
    '    Use("report", channels={"model_run": ("model_run", "teacher_run", "language_run")}),\n',
)
STUDENT = """
from pipeline.recipes.base import Use

STEPS = (
    Use("ingest"),
    Use("clean"),
    Use("vocabulary"),
    Use("train", "teacher", {"model": "teacher_model", "model_run": "teacher_run"}),
    Use("translate", channels={"model": "teacher_model"}),
    Use("train", channels={"cleaned_examples": "translated_examples"}),
)
"""
STEP = '''
from pathlib import Path

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import Artifact, Channel, artifact_utils, component_spec, standard_artifacts

from pipeline.examples.shards import first_sources
from pipeline.steps.base import Components, Planned, Step, Summary, SummaryLine
from contracts.sections import Section


class Settings(Section):
    """Of the step."""

    letter: str = "e"


class Count(Artifact):
    TYPE_NAME = "test.Count"


class Executor(base_executor.BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        sources = first_sources(artifact_utils.get_split_uris(input_dict["examples"], "train"), 1000)
        folder = Path(artifact_utils.get_single_uri(output_dict["count"]))
        (folder / "count").write_text(str(sum(one.count(exec_properties["letter"]) for one in sources)))


class CounterSpec(component_spec.ComponentSpec):
    PARAMETERS = {"letter": component_spec.ExecutionParameter(type=str)}
    INPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"count": component_spec.ChannelParameter(type=Count)}


class Counter(base_component.BaseComponent):
    SPEC_CLASS = CounterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)


class CountLetters(Step):
    takes = ("examples",)
    gives = ("count",)
    settings = Settings
    reported = "count"

    def components(self, run, channels):
        letter = run.settings.letter
        node = Counter(CounterSpec(examples=channels["examples"], letter=letter, count=Channel(type=Count)))
        return Components((node,), {"count": node.outputs["count"]})

    def plan(self, run):
        return Planned({"letter": run.settings.letter}, [f"counts {run.settings.letter}"])

    def summary(self, run, done):
        count = int((done.folders["count"] / "count").read_text())
        return Summary({"letters": count}, [SummaryLine("letters", f"{count} {run.settings.letter}")])

    def report(self, folder):
        return [("letters", (folder / "count").read_text())]


STEP = CountLetters()
'''
WORDS = ("one", "two", "three", "four", "five", "six")
TINY = {
    "preset": "tiny",
    "encoder_layers": 1,
    "decoder_layers": 1,
    "width": 16,
    "feed_forward": 16,
    "heads": 2,
}
TRAINING = {"max_steps": 2, "evaluate_every": 1, "evaluate_sentences": 2}


def three(folder: Path, recipe: str = "three", **sections: Any) -> RunConfig:
    texts = [(f"{first} {second}", f"{first} {second}".upper()) for first in WORDS for second in WORDS]
    corpus = pair_corpus(folder, train=texts[6:], dev=texts[:3], test=texts[3:6])
    return config(
        corpus,
        recipe=recipe,
        workspace=str(folder / "runs"),
        push={"model_root": str(folder / "models")},
        vocabulary={"size": 300},
        model=TINY,
        cleaning={"min_script_share": None},
        **{
            "training": TRAINING,
            "search": {"beams": 1, "max_target_length": 8, "max_source_length": 16},
            **sections,
        },
    )


OTHER = {
    "teacher": {"model": {**TINY, "width": 32}},
    "language-model": {"training": {**TRAINING, "max_steps": 3}},
    "count": {"letter": "o"},
}
