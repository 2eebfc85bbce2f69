"""`dragoman run` in a process of its own, which may kill itself with SIGKILL at a stated moment.

The processes are forked from a server that has imported TFX once: a run that is all cached then takes a
second or two instead of ten, and a test can afford to kill at every component.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any, Literal, Protocol

from contracts.errors import ExitCode

When = Literal["before", "after"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pipeline.runs.build", "pipeline.runs.run"])


class Change(Protocol):
    """Of what the process does otherwise."""

    def install(self) -> None:
        """Make it, in this process."""


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


class Unchecked:
    """The trainer and the serving check take the export as good; other tests check it."""

    def install(self) -> None:
        """Change both, where they come from: TFX loads the trainer's module anew."""
        from pipeline.steps.check import component as serving_check

        vars(importlib.import_module("trainer.export"))["check_export"] = lambda *_: None
        serving_check.check = lambda *_: serving_check.CheckResult(
            passed=True, reason="a stub", backend="none", load_seconds=0.0, answers=()
        )


class KillInPush:
    """While the files are copied, when all are there, or when the version has just become visible."""

    def __init__(self, moment: Literal["copying", "copied", "renamed"]) -> None:
        self.moment = moment

    def install(self) -> None:
        """Change the steps of the push."""
        from pipeline.steps.push import atomic

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


def _run(config: Path, change: Change | None, diary: Path, options: tuple[str, ...]) -> None:
    """What a shell does with `dragoman run CONFIG --json OPTIONS > CONFIG.json 2> CONFIG.err`."""
    from dragoman.main import main

    for descriptor, path in ((1, _result(config)), (2, said(config))):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), descriptor)
    _keep_diary(diary)
    if change is not None:
        change.install()
    sys.argv = ["dragoman", "run", str(config), "--json", *options]
    main()


def _result(config: Path) -> Path:
    """Of the last run: its standard output."""
    return config.with_suffix(".json")


def said(config: Path) -> Path:
    """By the last run on standard error."""
    return config.with_suffix(".err")


def _plan(config: Path, lines: Path) -> None:
    from pipeline.config.load import load
    from pipeline.runs.cache import cached_components
    from pipeline.runs.plan import plan
    from pipeline.runs.quiet import redirected
    from pipeline.workspace.workspace import Workspace

    loaded = load(config)
    workspace = Workspace((loaded.workspace / loaded.name).absolute())
    with redirected(config.with_suffix(".log")):
        planned, cached = plan(loaded, workspace), cached_components(loaded, workspace)
    states = {component: "cached" if is_cached else "run" for component, is_cached in cached.items()}
    output = {**planned.as_json(), "components": states, "lines": planned.lines()}
    lines.write_text(json.dumps(output, default=str))


def plan_forked(config: Path) -> dict[str, Any]:
    """What `--dry-run --cached --json` prints, and under `lines` what it prints without."""
    lines = config.with_suffix(".plan")
    process = _SERVER.Process(target=_plan, args=(config, lines))
    process.start()
    process.join(300)
    assert process.exitcode == 0
    planned: dict[str, Any] = json.loads(lines.read_text())
    return planned


def run_to_end(
    config: Path, diary: Path, change: Change | None = None, options: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What `dragoman run --json` prints, of a run that pushes or is refused."""
    code = run_forked(config, diary, change, options)
    assert code in (ExitCode.OK, ExitCode.GATE_REFUSED), said(config).read_text()
    result: dict[str, Any] = json.loads(_result(config).read_text())
    return result


def run_forked(
    config: Path,
    diary: Path,
    change: Change | None = None,
    options: tuple[str, ...] = (),
    seconds: float = 300,
) -> int:
    """The exit code of `dragoman run CONFIG --json OPTIONS`, or -9 when it was killed."""
    # A daemon: pytest, when it ends a test that takes too long, does not wait for it.
    process = _SERVER.Process(target=_run, args=(config, change, diary, options), daemon=True)
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"the run did not end within {seconds} s; it said: {said(config).read_text()}")
    assert process.exitcode is not None
    return process.exitcode
