"""What would stop a run, found before TensorFlow is loaded: its import alone takes longer than to look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.kinds import refuse_stray
from pipeline.config import RunConfig
from pipeline.examples.tasks import Ingestion
from pipeline.recipes.base import run_steps
from pipeline.workspace.password import read_password
from pipeline.workspace.places import check_folder
from pipeline.workspace.workspace import Workspace


def preflight(config: RunConfig, parts: Sequence[Ingestion] = (), before: int | None = None) -> list[Path]:
    """Look at all that a run's steps need and that can be looked at, and return the files that they read;
    `parts` and `before` as in `pipeline.runs.build`.

    Raises:
        ConfigurationError: extensions where nothing looks, a recipe or a step that is not there, a workspace
            that cannot be one, a password that is not there, and what the steps raise.
        DragomanError: see the steps.
    """
    workspace = Workspace.of(config)
    for folder in config.extensions:
        refuse_stray(folder)
    built = run_steps(config, workspace, parts, before)
    check_folder("workspace", workspace.root)
    read_password(config.metadata)
    files = [path for run_step in built for path in run_step.step.preflight(run_step.run)]
    for run_step in built:
        run_step.step.preview(run_step.run)
    return files
