"""What a run would do, without doing it and without TensorFlow: what each of its steps says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import RunConfig
from pipeline.examples.tasks import Ingestion
from pipeline.recipes.base import run_steps
from pipeline.runs.preflight import preflight
from pipeline.steps.base import Planned, merged_facts
from pipeline.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunPlan:
    """For people with `lines`, for scripts with `as_json`."""

    name: str
    workspace: Path
    steps: tuple[tuple[str, Planned], ...]
    """With the name of each, empty where it is the step's own."""

    def as_json(self) -> dict[str, Any]:
        """All of it; what a step with a name of its own would do stands under `steps`."""
        return {"name": self.name, "workspace": self.workspace, **merged_facts(self.steps)}

    def lines(self) -> list[str]:
        """One fact in a line."""
        return [
            f"run {self.name}, in {self.workspace}",
            *(f"{name}: {line}" if name else line for name, planned in self.steps for line in planned.lines),
        ]


def plan(
    config: RunConfig, workspace: Workspace, parts: Sequence[Ingestion] = (), before: int | None = None
) -> RunPlan:
    """Look at the files and at models.config; write nothing. `parts` and `before` as in `build`.

    Raises:
        DragomanError: what would stop the run at once: see `preflight`.
    """
    preflight(config, parts, before)
    built = run_steps(config, workspace, parts, before)
    return RunPlan(
        config.name,
        workspace.root,
        tuple((run_step.use.name, run_step.step.plan(run_step.run)) for run_step in built),
    )


def notes(
    config: RunConfig, workspace: Workspace, parts: Sequence[Ingestion] = (), before: int | None = None
) -> list[str]:
    """What a user is told when the run starts."""
    built = run_steps(config, workspace, parts, before)
    by_step = [(run_step.use.name, run_step.step.note(run_step.run)) for run_step in built]
    return [f"{name}: {note}" if name else note for name, note in by_step if note]
