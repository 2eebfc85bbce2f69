"""Incremental runs: what is new is worked off, window by window; where nothing is new, nothing is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dragoman.console import err, print_json
from dragoman.one_run import logged_run, show
from dragoman.retention import tidy_after_run

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.errors import PipelineError
    from pipeline.schedule.due import Due
    from pipeline.schedule.spans import Found
    from pipeline.workspace import Workspace


def work_off(
    config: RunConfig, workspace: Workspace, from_scratch: bool, as_json: bool
) -> PipelineError | None:
    """Make the runs that are due, in a workspace that is held; what one of them came to is written down
    before the next one starts.

    Returns:
        Why the last one pushed nothing; None where it pushed, or nothing was due.

    Raises:
        DragomanError: a run failed.
    """
    from pipeline import lease
    from pipeline.schedule.catch_up import followed, went_on
    from pipeline.schedule.due import record

    todo, found = look(config, workspace, from_scratch)
    for line in told(todo):
        err.print(line, markup=False)
    results, refusal = [], None
    catch_up = todo.catch_up
    for window in todo.windows:
        parts, before = found.parts(config, window.spans), followed(config, catch_up)
        result = logged_run(config, workspace, from_scratch, parts, before)
        lease.require()
        catch_up = went_on(config, catch_up, result.version)
        record(workspace.spans, window, None if window is todo.windows[-1] else catch_up)
        results.append({**result.as_json(), "spans": list(window.spans), "new_spans": list(window.new)})
        if not as_json:
            show(result)
        refusal = result.refusal
        if not refusal:
            tidy_after_run(config, workspace)
        elif window is not todo.windows[-1]:
            err.print(f"warning: {refusal}", markup=False)
    if as_json:
        print_json({**nothing_new(config, todo), "runs": results})
    return refusal


def look(config: RunConfig, workspace: Workspace, again: bool = False) -> tuple[Due, Found]:
    """What is due, and the files."""
    from pipeline.schedule.due import due, read_done
    from pipeline.schedule.spans import find

    found = find(config)
    return due(config, found, read_done(workspace.spans), again), found


def told(todo: Due) -> Iterator[str]:
    """For people."""
    yield from (f"note: {note}" for note in todo.notes)
    if not todo.windows:
        yield "nothing new: nothing is done"
    for number, window in enumerate(todo.windows, 1):
        run = f"run {number} of {len(todo.windows)}: " if len(todo.windows) > 1 else ""
        yield f"{run}{window.why}; trained on: {', '.join(map(str, window.spans))}"


def nothing_new(config: RunConfig, todo: Due) -> dict[str, Any]:
    """The JSON of a run that did nothing."""
    return {"name": config.name, "notes": list(todo.notes), "runs": []}
