"""A whole run: all components, then what they came to."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path

from tfx.orchestration.pipeline import Pipeline

from pipeline.config import RunConfig
from pipeline.errors import PipelineError
from pipeline.outcome import Outcome, outcome
from pipeline.runner import execute
from pipeline.watch import Observer
from pipeline.workspace import Workspace
from serving.storage import remove, told


def run_pipeline(
    config: RunConfig, assembled: Pipeline, workspace: Workspace, observer: Observer, log: Path
) -> Outcome:
    """Run the assembled pipeline in its locked workspace; a refused candidate is an outcome, not an error.

    Raises:
        DragomanError: a component failed, or the checkpoints that a run from
            scratch must not have cannot be removed.
    """
    if not assembled.enable_cache:
        _forget(workspace.checkpoints)
    done = execute(assembled, workspace, observer)
    ended = outcome(config.name, done, log)
    logging.info("seconds: %s", json.dumps(ended.seconds.as_json()))
    return ended


def _forget(checkpoints: Path) -> None:
    """Remove them all: a training that went on from one that is left would not be from scratch."""
    try:
        with contextlib.suppress(FileNotFoundError):
            remove(checkpoints)
    except OSError as error:
        raise PipelineError(
            f"cannot remove {checkpoints} ({told(error)}), and training would go on from there: remove it, "
            "or run without --from-scratch"
        ) from error
