"""A run that trains several times, with a step of the test's: each training keeps what is its own."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import trainer.export
from pipeline.config import RunConfig
from pipeline.errors import ComponentError, ConfigurationError
from pipeline.recipes.base import run_steps, training_together
from pipeline.runs.build import build
from pipeline.runs.outcome import RunOutcome
from pipeline.runs.run import run_pipeline
from pipeline.steps.report.page import render
from pipeline.steps.report.sources import Folders, gather
from pipeline.steps.train import training
from pipeline.workspace.workspace import Workspace
from tests.pipeline.recipes.added import OTHER, TRAINING, WORDS, three
from tests.pipeline.runs.test_runner import Notes
from trainer.training.step import TrainingStep


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


def run(run_config: RunConfig, notes: Notes) -> RunOutcome:
    workspace = Workspace.of(run_config)
    with workspace.locked():
        built = build(run_config, workspace)
        return run_pipeline(run_config, built, workspace, notes, workspace.root / "log")


def end_in_the_second_of(steps_taken: list[int], run_config: RunConfig) -> None:
    """A run that ends in the second step of its second training."""
    step = TrainingStep.run

    def ending(self: TrainingStep, *batches: Any) -> float:
        if len(steps_taken) == 3:
            raise RuntimeError("ended")
        return step(self, *batches)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TrainingStep, "run", ending)
        with pytest.raises(ComponentError, match="ended"):
            run(run_config, Notes())


@pytest.mark.usefixtures("extensions")
def test_three_trainings_in_a_run_keep_what_is_theirs(steps_taken: list[int], tmp_path: Path) -> None:
    notes, run_config = Notes(), three(tmp_path, steps=OTHER)
    end_in_the_second_of(steps_taken, run_config)
    ended = run(run_config, notes)
    # No step twice: the second goes on where it was.
    assert len(steps_taken) == 2 + 3 + 2
    trainers = {"Trainer", "Trainer-language-model", "Trainer-teacher"}
    [before] = trainers & set(ended.cached)
    assert trainers - {before} == {name for name in trainers if f"{name} done" in notes.said}
    root = Workspace.of(run_config).root
    folders = ("checkpoints", "checkpoints-teacher", "checkpoints-language-model")
    assert [len(list((root / name).iterdir())) for name in folders] == [1, 1, 1]
    facts = ended.as_json()
    assert set(facts["steps"]) == {"teacher", "language-model"}
    curves = {facts["curves"], *(step["curves"] for step in facts["steps"].values())}
    assert len([curve for curve in curves if Path(curve).is_dir()]) == 3
    assert ended.seconds.trainer["fit"] > 0
    assert [line.label for line in ended.places()] == [
        *("curves", "curves of language-model", "curves of teacher", "log")
    ]
    # What the test's step came to.
    assert facts["letters"] == sum(f"{first} {second}".count("o") for first in WORDS[1:] for second in WORDS)
    assert f"{facts['letters']} o" in [line.text for line in ended.lines() if line.label == "letters"]
    # Other settings of the search: all are exported again, and none of the three is trained again.
    again = run(three(tmp_path, steps=OTHER, search={"beams": 2, "max_target_length": 8}), Notes())
    assert len(steps_taken) == 7
    assert "Trainer-teacher" not in again.cached
    assert "Counter" in again.cached
    page = _page(run_config, root)
    assert all(f'"auto">{name}</span>' in page for name in ("teacher", "language-model"))
    assert page.count("<dt>steps</dt>") == 3
    assert f'>letters</dt><dd dir="auto">{facts["letters"]}</dd>' in page


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
def test_a_student_learns_from_what_its_teacher_translates(tmp_path: Path) -> None:
    run_config = three(tmp_path, "student", beam={"runner": "multi_processing"})
    nodes = {node.id: node for node in build(run_config, Workspace.of(run_config)).pipeline.components}
    upstream = {name: {before.id for before in node.upstream_nodes} for name, node in nodes.items()}
    assert upstream["CorpusTranslator"] == {"Cleaner", "Trainer-teacher"}
    assert upstream["Trainer"] == {"CorpusTranslator", "Tokenizer"}
    translator: Any = nodes["CorpusTranslator"]
    assert "--direct_running_mode=multi_processing" in translator.executor_spec.beam_pipeline_args


@pytest.mark.usefixtures("extensions")
def test_several_trainings_do_not_go_on_from_the_one_that_serves(tmp_path: Path) -> None:
    run_config = three(tmp_path, spans={"weights": "served"})
    teacher = next(
        run_step
        for run_step in run_steps(run_config, Workspace.of(run_config))
        if run_step.use.key == "teacher"
    )
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
    shared = training_together(run_config, Workspace.of(run_config))
    assert (shared.max_steps if shared else None) == together
