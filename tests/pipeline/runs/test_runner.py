"""The runner: what is told, what is cached, how failures and killed runs are handled."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from pathlib import Path

import pytest

from pipeline.errors import ComponentError, DataError
from pipeline.runs.runner import Executed, assemble, execute
from pipeline.workspace.metadata import open_store
from pipeline.workspace.recovery import forget_deleted
from pipeline.workspace.workspace import Workspace
from tests.pipeline.toys import Double, Make


class Notes:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def started(self, component: str) -> None:
        self.said.append(f"{component} started")

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        assert seconds >= 0
        self.said.append(f"{component} {'cached' if cached else 'done'}")

    def failed(self, component: str, seconds: float) -> None:
        assert seconds >= 0
        self.said.append(f"{component} failed")

    def noted(self, text: str) -> None:
        self.said.append(text)


def run(root: Path, number: str = "21", failure: str = "", notes: Notes | None = None) -> dict[str, Executed]:
    diary = str(root.parent / "diary")
    make = Make(number, diary)
    workspace = Workspace(root)
    with workspace.locked():
        nodes = [make, Double(make.outputs["made"], failure, diary)]
        return execute(assemble("toys", nodes, workspace), workspace, notes or Notes())


def diary(root: Path) -> list[str]:
    return (root.parent / "diary").read_text().split()


def test_a_second_run_is_cached_and_a_change_reruns_only_what_depends_on_it(tmp_path: Path) -> None:
    root, notes = tmp_path / "run", Notes()
    first = run(root, notes=notes)
    assert (first["Double"].outputs["doubled"] / "number").read_text() == "42"
    again = run(root, notes=notes)
    assert again["Double"].cached
    assert again["Double"].outputs == first["Double"].outputs
    assert diary(root) == ["make", "double"]
    run(root, failure="none", notes=notes)
    assert diary(root) == ["make", "double", "double"]
    assert notes.said == [
        *("Make started", "Make done", "Double started", "Double done"),
        *("Make started", "Make cached", "Double started", "Double cached"),
        *("Make started", "Make cached", "Double started", "Double done"),
    ]


@pytest.mark.parametrize(
    ("failure", "kind", "said"),
    [
        ("data", DataError, "line 3 of corpus.de has no partner: check the file"),
        ("exit", ComponentError, "Double failed: SystemExit: 0"),
        ("beamexit", ComponentError, "Double failed: SystemExit: 0"),
        ("bug", ComponentError, "Double failed: KeyError: 'nobody expected this'"),
        (
            "disk",
            ComponentError,
            "Double failed: no space left on the disk: free some and run again, what is done is kept",
        ),
    ],
)
def test_a_failure_is_told_by_its_cause(
    tmp_path: Path, failure: str, kind: type[Exception], said: str
) -> None:
    notes = Notes()
    with pytest.raises(kind) as raised:
        run(tmp_path / "run", failure=failure, notes=notes)
    assert str(raised.value) == said
    assert notes.said[-1] == "Double failed"


def test_after_kill_9_the_next_run_finishes_and_redoes_nothing_that_was_done(tmp_path: Path) -> None:
    root = tmp_path / "run"
    process = multiprocessing.get_context("spawn").Process(target=run, args=(root, "21", "kill"))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    left = list(root.glob("artifacts/Double/doubled/*/half-written"))
    assert len(left) == 1
    done = run(root)
    assert not left[0].exists()
    assert (done["Double"].outputs["doubled"] / "number").read_text() == "42"
    assert diary(root) == ["make", "double", "double"]
    states = [execution.last_known_state for execution in open_store(Workspace(root)).get_executions()]
    assert len(states) == 4
    assert 1 not in states  # NEW
    assert 2 not in states  # RUNNING


def test_what_was_deleted_is_forgotten(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "run", tmp_path / "models" / "1"
    done = run(root)
    workspace = Workspace(root)
    elsewhere.mkdir(parents=True)
    store = open_store(workspace)
    pushed = next(
        artifact
        for artifact in store.get_artifacts()
        if Path(artifact.uri) == done["Double"].outputs["doubled"]
    )
    pushed.custom_properties["pushed_destination"].string_value = str(elsewhere)
    store.put_artifacts([pushed])
    assert forget_deleted(workspace) == 0
    assert run(root)["Double"].cached
    elsewhere.rmdir()  # As after `dragoman retire`: what the cache says was pushed is not there.
    again = run(root)
    assert not again["Double"].cached
    assert again["Make"].cached
    shutil.rmtree(done["Make"].outputs["made"])
    assert forget_deleted(workspace) == 1
    assert forget_deleted(workspace) == 0
