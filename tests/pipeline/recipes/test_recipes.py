"""Recipes and steps are files that are added: a run with a step of the test's that trains three times."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import trainer.export
from contracts.kinds import FOLDERS, add_folders
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.examples.tasks import Part
from pipeline.recipes.base import stages, training_together
from pipeline.recipes.translator import STEPS
from pipeline.runs.build import build
from pipeline.runs.outcome import Outcome
from pipeline.runs.plan import plan
from pipeline.runs.run import run_pipeline
from pipeline.steps.base import KIND
from pipeline.steps.ingest.window import _span, ingestion
from pipeline.steps.report.page import render
from pipeline.steps.report.sources import Folders, gather
from pipeline.steps.train import training
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.steps.runs import config, pair_corpus
from trainer.training.step import TrainingStep

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
from pipeline.steps.base import Components, Line, Planned, Step, Summary
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
        return Summary({"letters": count}, [Line("letters", f"{count} {run.settings.letter}")])

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


@pytest.fixture
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the recipe and the step."""
    monkeypatch.setenv(FOLDERS, "")
    folder = tmp_path / "extensions"
    for kind, name, text in (
        ("recipes", "three", RECIPE),
        ("recipes", "with_report", WITH_REPORT),
        ("recipes", "student", STUDENT),
        ("steps", "count", STEP),
    ):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{name}.py").write_text(text)
    add_folders([folder])
    return folder


@pytest.fixture
def steps_taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each optimizer step; nothing is exported, for nobody asks the models."""
    taken: list[int] = []
    step = TrainingStep.run

    def counted(self: TrainingStep, *batches: Any) -> float:
        taken.append(1)
        return step(self, *batches)

    monkeypatch.setattr(TrainingStep, "run", counted)
    # `training`, too: imported while `trainer.export` is patched, it would keep what it found for all tests.
    for module in (trainer.export, training):
        monkeypatch.setattr(module, "check_export", lambda *_: None)
        monkeypatch.setattr(module, "export_translator", lambda *_: None)
    return taken


def three(folder: Path, recipe: str = "three", **sections: Any) -> RunConfig:
    texts = [(f"{one} {two}", f"{one} {two}".upper()) for one in WORDS for two in WORDS]
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


def run(run_config: RunConfig, notes: Notes) -> Outcome:
    workspace = Workspace.of(run_config)
    with workspace.locked():
        built = build(run_config, workspace)
        return run_pipeline(run_config, built, workspace, notes, workspace.root / "log")


@pytest.mark.usefixtures("extensions")
def test_three_trainings_in_a_run_keep_what_is_theirs(steps_taken: list[int], tmp_path: Path) -> None:
    notes, run_config = Notes(), three(tmp_path, steps=OTHER)
    ended = run(run_config, notes)
    assert len(steps_taken) == 2 + 3 + 2
    done = sorted(one for one in notes.said if one.startswith("Trainer") and one.endswith("done"))
    assert done == [
        "Trainer done",
        "Trainer-language-model done",
        "Trainer-teacher done",
    ]
    root = Workspace.of(run_config).root
    folders = ("checkpoints", "checkpoints-teacher", "checkpoints-language-model")
    assert [len(list((root / name).iterdir())) for name in folders] == [1, 1, 1]
    told = ended.as_json()
    assert set(told["steps"]) == {"teacher", "language-model"}
    curves = {told["curves"], *(one["curves"] for one in told["steps"].values())}
    assert len([one for one in curves if Path(one).is_dir()]) == 3
    assert ended.seconds.trainer["fit"] > 0
    assert [line.label for line in ended.places()] == [
        *("curves", "curves of language-model", "curves of teacher", "log")
    ]
    # What the test's step came to.
    assert told["letters"] == sum(f"{one} {two}".count("o") for one in WORDS[1:] for two in WORDS)
    assert f"{told['letters']} o" in [line.text for line in ended.lines() if line.label == "letters"]
    # Other settings of the search: all are exported again, and none of the three is trained again.
    again = run(three(tmp_path, steps=OTHER, search={"beams": 2, "max_target_length": 8}), Notes())
    assert len(steps_taken) == 7
    assert "Trainer-teacher" not in again.cached
    assert "Counter" in again.cached
    page = _page(run_config, root)
    assert all(f'"auto">{name}</span>' in page for name in ("teacher", "language-model"))
    assert page.count("<dt>steps</dt>") == 3
    assert f"<dt>letters</dt><dd>{told['letters']}</dd>" in page


def _page(run_config: RunConfig, root: Path) -> str:
    """The report on the newest artifacts."""

    def newest(component: str, output: str) -> Path:
        return max((root / "artifacts" / component / output).iterdir(), key=lambda path: int(path.name))

    names = {"": "Trainer", "teacher": "Trainer-teacher", "language-model": "Trainer-language-model"}
    folders = Folders(
        trainings={name: newest(component, "model_run") for name, component in names.items()},
        steps=[("count", "count", newest("Counter", "count"))],
    )
    now = datetime.now(timezone.utc)
    return render(gather(run_config, folders, now, now, None, None))


@pytest.mark.usefixtures("extensions")
def test_a_plan_tells_the_steps_apart(tmp_path: Path) -> None:
    run_config = three(tmp_path, steps=OTHER)
    planned = plan(run_config, Workspace.of(run_config))
    lines = planned.lines()
    assert any(line.startswith("teacher: trains ") and "of width 32 " in line for line in lines)
    assert any(line.startswith("trains ") and "of width 16 " in line for line in lines)
    assert "counts o" in lines
    told = planned.as_json()
    assert told["steps"]["language-model"]["training"]["max_steps"] == 3
    assert (told["training"]["max_steps"], told["letter"]) == (2, "o")


@pytest.mark.usefixtures("extensions")
def test_the_report_takes_all_trainings_and_what_other_steps_have_for_it(tmp_path: Path) -> None:
    run_config = three(tmp_path, "with-report")
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    report: Any = nodes["Report"]
    assert {node.id for node in report.upstream_nodes} >= {
        *("Trainer", "Trainer-teacher", "Trainer-language-model", "Counter", "Evaluator")
    }
    assert json.loads(report.exec_properties["reported"]) == [["count", "count"]]


def test_another_code_of_a_step_that_was_added_is_another_key_of_the_cache(
    extensions: Path, tmp_path: Path
) -> None:
    def code() -> str:
        run_config = three(tmp_path)
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return str(nodes["Counter"].exec_properties["code_version"])

    before = code()
    assert code() == before
    file = extensions / "steps" / "count.py"
    file.write_text(file.read_text().replace(".count(", ".lower().count("))
    assert code() != before


def test_the_report_has_the_code_of_the_steps_that_it_tells_of(extensions: Path, tmp_path: Path) -> None:
    def code() -> str:
        run_config = three(tmp_path, "with-report")
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return str(nodes["Report"].exec_properties["code_version"])

    before = code()
    file = extensions / "steps" / "count.py"
    file.write_text(file.read_text().replace('[("letters",', '[("all letters",'))
    assert code() != before


def test_what_a_head_reads_is_in_the_keys_of_those_who_search(tmp_path: Path) -> None:
    text = tmp_path / "short.txt"
    head = {"head": {"name": "shortlist", "text": str(text)}}

    def digests(**search: Any) -> list[Any]:
        run_config = three(tmp_path, "translator", search={"beams": 1, **search})
        nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
        return [
            nodes[name].exec_properties.get("files_digest") for name in ("Trainer", "ServingCheck", "Push")
        ]

    found = []
    for content in ("ein Haus", "ein Baum"):
        text.write_text(content)
        found.append(digests(**head))
    (one, same, push), (other, *_) = found
    assert one == same != other
    assert push is None
    assert digests() == [None] * 3


@pytest.mark.usefixtures("extensions")
def test_a_student_learns_from_what_its_teacher_translates(tmp_path: Path) -> None:
    run_config = three(tmp_path, "student", beam={"runner": "multi_processing"})
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    upstream = {name: {before.id for before in node.upstream_nodes} for name, node in nodes.items()}
    assert upstream["CorpusTranslator"] == {"Cleaner", "Trainer-teacher"}
    assert upstream["Trainer"] == {"CorpusTranslator", "Tokenizer"}
    translator: Any = nodes["CorpusTranslator"]
    assert "--direct_running_mode=multi_processing" in translator.executor_spec.beam_pipeline_args


@pytest.mark.parametrize(
    ("recipe", "steps", "said"),
    [
        ("threee", {}, "did you mean `three`"),
        (
            "three",
            {"student": {}},
            "steps.student: the recipe `three` has no such step; it has ingest,",
        ),
        ("three", {"teacher": {"cleaning": {}}}, "steps.teacher.cleaning: unknown; known here: model, train"),
        ("three", {"teacher": {"training": {"steps": 1}}}, "steps.teacher.training.steps: "),
        ("three", {"count": {"letters": "x"}}, "steps.count.letters: unknown; did you mean letter?"),
        (
            "three",
            {"teacher": {"search": {"head": 3}}},
            "steps.teacher.search.head: should be the name of the s",
        ),
        ("translator", {"push": {"push": {}}}, "steps.push.push: unknown; known here: serving_check"),
        ("translator", {"check": {"search": {}}}, "steps.check.search: unknown; known here: serving_check"),
        ("lacking", {}, "the step `train` takes `cleaned_examples`, which no step before it puts out"),
        ("twice", {}, "has two steps `ingest`: give one a name"),
        ("stray", {}, "there is no step `cook`"),
        ("blank", {}, "lacks STEPS: its file has to have STEPS"),
    ],
)
def test_what_makes_no_run_is_told_before_anything_starts(
    extensions: Path, recipe: str, steps: dict[str, Any], said: str, tmp_path: Path
) -> None:
    for name, uses in (("lacking", "train"), ("twice", "ingest ingest"), ("stray", "cook")):
        listed = ", ".join(f"Use({use!r})" for use in uses.split())
        text = f"from pipeline.recipes.base import Use\nSTEPS = ({listed},)\n"
        (extensions / "recipes" / f"{name}.py").write_text(text)
    (extensions / "recipes" / "blank.py").touch()
    run_config = three(tmp_path, recipe, steps=steps)
    with pytest.raises(ConfigurationError) as raised:
        stages(run_config, Workspace.of(run_config))
    assert said in str(raised.value)


def test_the_check_searches_as_the_model_that_it_takes(tmp_path: Path) -> None:
    search = {"beams": 3, "max_target_length": 8}
    run_config = three(tmp_path, "translator", steps={"train": {"search": search}})
    nodes: Any = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    assert json.loads(nodes["ServingCheck"].exec_properties["search"]) == {"beams": 3, "max_target_length": 8}
    run_config = three(tmp_path, "translator")
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    assert json.loads(nodes["ServingCheck"].exec_properties["search"])["beams"] == 1


def test_two_uses_of_every_step_have_ids_of_their_own(extensions: Path, tmp_path: Path) -> None:
    steps = ("ingest", "validate", "clean", "vocabulary", "train", "evaluate", "check", "push", "report")
    channels = {name: f"other_{name}" for step in steps for name in KIND.module(step).STEP.gives}
    uses = "".join(f"Use({step!r}), Use({step!r}, 'other-{step}', {channels!r})," for step in steps)
    text = f"from pipeline.recipes.base import Use\nSTEPS = ({uses})\n"
    (extensions / "recipes" / "doubled.py").write_text(text)
    run_config = three(tmp_path, "doubled")
    ids = [node.id for node in build(run_config, Workspace.of(run_config)).pipeline.components]
    assert len(set(ids)) == len(ids)


def test_spans_of_several_ingestions_are_told_apart(tmp_path: Path) -> None:
    run_config = config({"format": "embedded"})
    parts = [Part(span, run_config.corpora, {}) for span in (None, 9, 10)]
    ids = {name: [node.id for node in ingestion(run_config, parts, name)] for name in ("", "news-14")}
    assert ids[""] == ["CorpusExampleGen", "CorpusExampleGen-9", "CorpusExampleGen-10", "SpanWindow"]
    assert len({*ids[""], *ids["news-14"]}) == 8
    for readers in ids.values():
        places = [str(tmp_path / name / "examples" / "1") for name in readers[:3]]
        assert sorted([places[2], places[0], places[1]], key=_span) == places


@pytest.mark.usefixtures("extensions")
def test_several_trainings_do_not_go_on_from_the_one_that_serves(tmp_path: Path) -> None:
    run_config = three(tmp_path, spans={"weights": "served"})
    teacher = next(one for one in stages(run_config, Workspace.of(run_config)) if one.use.key == "teacher")
    with pytest.raises(ConfigurationError, match=r"steps\.teacher: .*set spans\.weights to anew"):
        teacher.step.preflight(teacher.run)


@pytest.mark.usefixtures("extensions")
@pytest.mark.parametrize(
    ("training", "steps", "together"),
    [
        ({}, {}, None),
        ({"strategy": "multi_worker"}, {}, 2),
        ({}, {"train": {"training": {**TRAINING, "strategy": "multi_worker", "max_steps": 7}}}, 7),
        ({"strategy": "multi_worker"}, {"train": {"training": TRAINING}}, None),
    ],
)
def test_other_machines_wait_where_the_training_of_the_step_says_so(
    training: dict[str, Any], steps: dict[str, Any], together: int | None, tmp_path: Path
) -> None:
    run_config = three(tmp_path, "translator", training={**TRAINING, **training}, steps=steps)
    found = training_together(run_config, Workspace.of(run_config))
    assert (found.max_steps if found else None) == together


def test_the_usual_recipe_is_in_no_cache_key(tmp_path: Path) -> None:
    assert not {"recipe", "steps"} & three(tmp_path, "translator").model_dump().keys()
    assert three(tmp_path, "three").model_dump()["recipe"] == "three"


def test_the_table_of_steps_in_the_documents_is_what_they_declare() -> None:
    text = (Path(__file__).parents[3] / "docs" / "pipeline.md").read_text()
    table = text.split("| step | takes |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert [row[0] for row in rows] == [use.step for use in STEPS]
    for name, *cells in rows:
        step = KIND.module(name).STEP
        takes, gives, sections = (set(re.findall(r"`(\w+)`", cell)) for cell in cells)
        assert takes == ({*step.takes, *step.may_take} if name != "report" else set())
        assert (gives, sections) == (set(step.gives), set(step.sections))
