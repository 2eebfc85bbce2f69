"""A whole run: all components, then what they came to."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from tfx.orchestration.pipeline import Pipeline

from pipeline.config import RunConfig
from pipeline.outcome import Outcome, outcome
from pipeline.runner import execute
from pipeline.watch import Observer
from pipeline.workspace import Workspace


def run_pipeline(
    config: RunConfig, assembled: Pipeline, workspace: Workspace, observer: Observer, log: Path
) -> Outcome:
    """Run the assembled pipeline in its locked workspace; a refused candidate is an outcome, not an error.

    Raises:
        PipelineError, TrainerError, ServingError: a component failed.
    """
    if not assembled.enable_cache:
        shutil.rmtree(workspace.checkpoints, ignore_errors=True)
    done = execute(assembled, workspace, observer)
    ended = outcome(config.name, done, log)
    logging.info("seconds: %s", json.dumps(ended.seconds.as_json()))
    return ended
