"""A teacher is trained, a corpus translated with it, and a student trained on that; a run that is killed in
between goes on where it was.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto.metadata_store_pb2 import Event

from pipeline.examples.shards import Pair, pairs_of, serialize
from pipeline.steps.translate.exported import ExportedModel
from pipeline.workspace.metadata import open_store
from pipeline.workspace.workspace import Workspace
from tests.e2e.conftest import ROOT, Dragoman, settings, write
from tests.pipeline.recipes.added import STUDENT

RECIPE = STUDENT.replace(
    "\n)\n",
    """
    Use("evaluate"),
    Use("check"),
    Use("push"),
    Use("report", channels={"model_run": ("model_run", "teacher_run")}),
)
""",
)
STEPS = 50
"""Few, but enough for the teacher to say something."""
FIRST = "00000-00000-00000.gz"
"""The translations of the small corpus, in the step's folder and in what it puts out."""


def configuration(folder: Path) -> Path:
    """Two corpora, the first of which is soon translated."""
    recipe = folder / "extensions" / "recipes" / "student.py"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(RECIPE)
    model = {"preset": "tiny", "encoder_layers": 1, "decoder_layers": 1, "width": 32, "feed_forward": 32}
    values = settings(
        folder,
        extensions=[str(folder / "extensions")],
        recipe="student",
        corpora=[
            {"format": "embedded", "name": "small", "pairs": 150},
            {"format": "embedded", "name": "large", "pairs": 2000, "seed": 2},
        ],
        vocabulary={"size": 600},
        model=model,
        training={
            "max_steps": STEPS,
            "warmup_steps": 10,
            "learning_rate": 0.005,
            "evaluate_every": STEPS,
            "evaluate_sentences": 8,
            "batch_tokens": 512,
        },
        steps={"teacher": {"model": {**model, "width": 64}}},
        search={"beams": 1, "max_target_length": 16, "max_source_length": 32},
        evaluation={"bleu_floor": 0.0, "bootstrap_samples": 100},
    )
    return write(folder, values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("student")


@pytest.fixture(scope="module")
def translated(folder: Path) -> os.stat_result:
    """The file of the small corpus, of a run that was killed while it translated the large one."""
    command = [sys.executable, "-m", "dragoman", "run", str(configuration(folder))]
    work = folder / "runs" / "e2e" / "work" / "CorpusTranslator"
    with (folder / "said").open("w") as said:
        run = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        while not (files := list(work.rglob("*.gz"))):
            assert run.poll() is None, (folder / "said").read_text()
            time.sleep(0.01)
        run.kill()
        assert run.wait() == -signal.SIGKILL
    assert [path.name for path in work.rglob("*.gz")] == [FIRST]
    return files[0].stat()


@pytest.fixture(scope="module")
def result(folder: Path, translated: os.stat_result, dragoman: Dragoman) -> dict[str, Any]:
    """What the run after it came to."""
    del translated
    ended: dict[str, Any] = json.loads(dragoman("run", folder / "run.yaml", "--json").stdout)
    return ended


def artifact(folder: Path, component: str, output: str) -> Path:
    """The only one that a component has put out."""
    [made] = (folder / "runs" / "e2e" / "artifacts" / component / output).iterdir()
    return made


def test_what_was_done_is_not_done_again(
    folder: Path, translated: os.stat_result, result: dict[str, Any]
) -> None:
    assert result["cached"] == ["CorpusExampleGen", "Cleaner", "Tokenizer", "Trainer-teacher"]
    again = (artifact(folder, "CorpusTranslator", "translated_examples") / "Split-train" / FIRST).stat()
    assert (again.st_ino, again.st_mtime_ns) == (translated.st_ino, translated.st_mtime_ns)
    assert not list((folder / "runs" / "e2e" / "work").iterdir())


@pytest.mark.usefixtures("result")
def test_the_student_learns_from_the_teachers_translations(folder: Path) -> None:
    cleaned = artifact(folder, "Cleaner", "cleaned_examples")
    examples = artifact(folder, "CorpusTranslator", "translated_examples")
    before, after = (list(pairs_of([str(place / "Split-train")])) for place in (cleaned, examples))
    assert [pair.source for pair in after] == [pair.source for pair in before]
    teacher = ExportedModel(artifact(folder, "Trainer-teacher", "model"))
    chosen = [after[place] for place in (0, 99, len(after) - 1)]
    asked = [serialize(Pair(pair.source, b"", b"", 0)) for pair in chosen]
    assert teacher.translate_examples(asked, [1, 1, 1], 1) == [pair.target for pair in chosen]
    assert before[0].target != after[0].target
    assert str(examples) in inputs(folder, artifact(folder, "Trainer", "model_run"))


def inputs(folder: Path, output: Path) -> set[str]:
    """The folders that the execution read that has put this one out."""
    store = open_store(Workspace(folder / "runs" / "e2e"))
    events = store.get_events_by_execution_ids([int(output.name)])
    read = [event.artifact_id for event in events if event.type == Event.INPUT]
    return {artifact.uri for artifact in store.get_artifacts_by_id(read)}


def test_each_training_is_told_of_and_the_student_is_pushed(folder: Path, result: dict[str, Any]) -> None:
    assert (result["version"], result["blessed"]) == (1, True)
    assert set(result["steps"]) == {"teacher"}
    for curves in (result["curves"], result["steps"]["teacher"]["curves"]):
        assert Path(curves).is_dir()
    assert len(list((folder / "runs" / "e2e" / "checkpoints").iterdir())) == 1
    assert len(list((folder / "runs" / "e2e" / "checkpoints-teacher").iterdir())) == 1
    translated = result["translated"]["train"]
    assert 0 <= translated["empty"] < translated["sentences"]
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert "could not be shown" not in page
    assert ">translated, train</dt>" in page
    assert page.count(f"<dt>steps</dt><dd>{STEPS}") == 2
    assert '"auto">teacher</span>' in page
    translator = json.loads(
        (Path(result["pushed"]) / "assets.extra" / "translator" / "translator.json").read_bytes()
    )
    assert translator["model"]["width"] == 32
