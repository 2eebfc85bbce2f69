"""Run the pipeline in a process of its own, which may kill itself with SIGKILL at a stated moment.

The processes are forked from a server that has imported TFX once: a run that is all cached then takes a
second or two instead of ten, and a test can afford to kill at every component.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any, Literal, Protocol

When = Literal["before", "after"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pipeline.build", "pipeline.run"])


class Kill(Protocol):
    """A moment."""

    def install(self) -> None:
        """Change this process so that it dies then."""


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt:
    """At the start or at the end of a component's executor: its outputs are missing, or there but not
    published."""

    def __init__(self, component: str, when: When) -> None:
        self.component, self.when = component, when

    def install(self) -> None:
        """Change the executors of this process."""
        from tfx.orchestration.portable import python_executor_operator

        original = python_executor_operator.run_with_executor

        def run(execution: Any, executor: Any) -> Any:
            ours = execution.pipeline_node.node_info.id == self.component
            if ours and self.when == "before":
                _half_write(execution)
                _die()
            result = original(execution, executor)
            if ours:
                _die()
            return result

        python_executor_operator.run_with_executor = run


def _half_write(execution: Any) -> None:
    """What an executor might have written until now."""
    for artifacts in execution.output_dict.values():
        for artifact in artifacts:
            (Path(artifact.uri) / "half-written").write_text("")


class KillAtStep:
    """In the middle of the training, after so many optimizer steps of this process."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def install(self) -> None:
        """Count down."""
        from trainer.training.step import TrainingStep

        original = TrainingStep.run

        def run(step: TrainingStep, *arguments: Any) -> Any:
            self.steps -= 1
            if self.steps < 0:
                _die()
            return original(step, *arguments)

        TrainingStep.run = run  # type: ignore[method-assign]


class KillInPush:
    """While the files are copied, when all are there, or when the version has just become visible."""

    def __init__(self, moment: Literal["copying", "copied", "renamed"]) -> None:
        self.moment = moment

    def install(self) -> None:
        """Change the steps of the push."""
        from pipeline.push import atomic

        if self.moment == "copying":
            atomic.copy_tree = _copy_some
        elif self.moment == "copied":
            atomic._publish = _die
        else:
            original = atomic._publish

            def publish(*arguments: Any) -> Any:
                original(*arguments)
                _die()

            atomic._publish = publish


def _copy_some(source: Path, target: Path) -> None:
    """The first file of a SavedModel, then the end."""
    target.mkdir()
    (target / "saved_model.pb").write_bytes((source / "saved_model.pb").read_bytes())
    _die()


def _keep_diary(diary: Path) -> None:
    """A line for each optimizer step, whoever makes it."""
    from trainer.training.step import TrainingStep

    original = TrainingStep.run

    def run(step: TrainingStep, *arguments: Any) -> Any:
        result = original(step, *arguments)
        with diary.open("a") as file:
            file.write("step\n")
        return result

    TrainingStep.run = run  # type: ignore[method-assign]


def _run(config: Path, kill: Kill | None, diary: Path) -> None:
    from rich.console import Console

    from dragoman.run_display import Lines
    from pipeline.build import build
    from pipeline.load import load
    from pipeline.quiet import redirected
    from pipeline.run import run_pipeline
    from pipeline.workspace import Workspace

    _keep_diary(diary)
    if kill is not None:
        kill.install()
    loaded = load(config)
    workspace = Workspace((loaded.workspace / loaded.name).absolute())
    log = config.with_suffix(".log")
    with workspace.locked(), redirected(log):
        assembled = build(loaded, workspace)
        outcome = run_pipeline(loaded, assembled, workspace, Lines(Console(file=io.StringIO())), log)
    _result(config).write_text(json.dumps(outcome.as_json()))


def _result(config: Path) -> Path:
    return config.with_suffix(".json")


def _plan(config: Path, lines: Path) -> None:
    from pipeline.load import load
    from pipeline.plan import plan
    from pipeline.quiet import redirected
    from pipeline.workspace import Workspace

    loaded = load(config)
    with redirected(config.with_suffix(".log")):
        planned = plan(loaded, Workspace((loaded.workspace / loaded.name).absolute()))
    lines.write_text(json.dumps({**planned.as_json(), "lines": planned.lines()}, default=str))


def plan_forked(config: Path) -> dict[str, Any]:
    """What `--dry-run --json` prints, and under `lines` what it prints without."""
    lines = config.with_suffix(".plan")
    process = _SERVER.Process(target=_plan, args=(config, lines))
    process.start()
    process.join(300)
    assert process.exitcode == 0
    planned: dict[str, Any] = json.loads(lines.read_text())
    return planned


def run_to_end(config: Path, diary: Path) -> dict[str, Any]:
    """The result of a run that no component stops, as `--json` gives it."""
    _result(config).unlink(missing_ok=True)
    assert run_forked(config, diary) == 0, config.with_suffix(".log").read_text()[-3000:]
    result: dict[str, Any] = json.loads(_result(config).read_text())
    return result


def run_forked(config: Path, diary: Path, kill: Kill | None = None, seconds: float = 300) -> int:
    """The exit code of a run in a process of its own: 0, or -9 when it was killed."""
    process = _SERVER.Process(target=_run, args=(config, kill, diary))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"the run did not end within {seconds} s; its log is beside {config}")
    assert process.exitcode is not None
    return process.exitcode
