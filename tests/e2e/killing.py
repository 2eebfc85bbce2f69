"""Run the pipeline in a process that kills itself with SIGKILL at a stated moment.

The processes are forked from a server that has imported TFX once: a run that is all cached then takes a second or two
instead of ten, and a test can afford to kill at every component.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

When = Literal["before", "after"]

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pipeline.build", "pipeline.run"])


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt:
    """At the start or at the end of a component's executor: its outputs are missing, or there but not published."""

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


def _run(config: Path, kill: Callable[[], None] | None, log: Path) -> None:
    from pipeline.build import build
    from pipeline.load import load
    from pipeline.quiet import redirected
    from pipeline.run import run_pipeline
    from pipeline.workspace import Workspace

    from dragoman.run_display import Lines
    from rich.console import Console

    if kill is not None:
        kill()
    loaded = load(config)
    workspace = Workspace((loaded.workspace / loaded.name).absolute())
    with workspace.locked(), redirected(log):
        assembled = build(loaded, workspace)
        run_pipeline(loaded, assembled, workspace, Lines(Console(file=io.StringIO())), log)


def run_forked(config: Path, log: Path, kill: Callable[[], None] | None = None, seconds: float = 300) -> int:
    """The exit code of a run in a process of its own: 0, or -9 when it was killed."""
    process = _SERVER.Process(target=_run, args=(config, kill, log))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"the run did not end within {seconds} s; its log is {log}")
    assert process.exitcode is not None
    return process.exitcode
