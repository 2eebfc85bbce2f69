"""A whole run: all components, then what they came to."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path

from contracts.disk import describe, remove
from pipeline.config import RunConfig
from pipeline.errors import PipelineError
from pipeline.runs.build import Build
from pipeline.runs.outcome import RunOutcome, outcome
from pipeline.runs.runner import execute
from pipeline.workspace.progress import Observer
from pipeline.workspace.workspace import Workspace


def run_pipeline(
    config: RunConfig, build: Build, workspace: Workspace, observer: Observer, log: Path
) -> RunOutcome:
    """Run what was put together in its locked workspace; a refused candidate is an outcome, not an error.

    Raises:
        DragomanError: a component failed, or what a run from scratch must not
            have of earlier ones cannot be removed.
    """
    if not build.pipeline.enable_cache:
        for left in (*workspace.all_checkpoints(), workspace.work):
            _forget(left)
    done = execute(build.pipeline, workspace, observer)
    ended = outcome(config.name, build, done, log)
    logging.info("seconds: %s", json.dumps(ended.seconds.as_json()))
    return ended


def _forget(left: Path) -> None:
    """Remove checkpoints and the like: a step would go on from there, and not begin from scratch."""
    try:
        with contextlib.suppress(FileNotFoundError):
            remove(left)
    except OSError as error:
        raise PipelineError(
            f"cannot remove {left} ({describe(error)}), and the run would go on from there: remove it, "
            "or run without --from-scratch"
        ) from error
