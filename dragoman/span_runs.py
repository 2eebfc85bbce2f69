"""Incremental runs as a user sees them: see `pipeline.schedule.span_runs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dragoman.console import err, print_json
from dragoman.one_run import logged_run, show
from dragoman.retention import tidy_after_run

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.errors import PipelineError
    from pipeline.examples.tasks import Ingestion
    from pipeline.runs.outcome import RunOutcome
    from pipeline.schedule.due import Due
    from pipeline.workspace.workspace import Workspace


def work_off_and_show(
    config: RunConfig, workspace: Workspace, from_scratch: bool, as_json: bool
) -> PipelineError | None:
    """Make the runs that are due, in a workspace that is held, and show each.

    Returns:
        Why the last one pushed nothing; None where it pushed, or nothing was due.

    Raises:
        DragomanError: a run failed.
    """
    from pipeline.schedule.span_runs import look, work_off

    def run_once(parts: Sequence[Ingestion], before: int | None) -> RunOutcome:
        return logged_run(config, workspace, from_scratch, parts, before)

    todo, files = look(config, workspace, from_scratch)
    tell_due(todo)
    results, refusal = [], None
    for run, result in work_off(config, workspace, todo, files, run_once):
        results.append({**result.as_json(), "spans": list(run.spans), "new_spans": list(run.new)})
        if not as_json:
            show(result)
        refusal = result.refusal
        if not refusal:
            tidy_after_run(config, workspace)
        elif run is not todo.runs[-1]:
            err.print(f"warning: {refusal}", markup=False)
    if as_json:
        print_json({**nothing_new(config, todo), "runs": results})
    return refusal


def tell_due(todo: Due) -> None:
    """Line by line."""
    for line in todo.lines():
        err.print(line, markup=False)


def nothing_new(config: RunConfig, todo: Due) -> dict[str, Any]:
    """The JSON of a run that did nothing."""
    return {"name": config.name, "notes": list(todo.notes), "runs": []}
