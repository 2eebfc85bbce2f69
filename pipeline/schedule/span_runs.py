"""Incremental runs: what is new is worked off, window by window; where nothing is new, nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.config import RunConfig
from pipeline.examples.spans import SpanFiles, find_spans
from pipeline.examples.tasks import Ingestion
from pipeline.schedule.catch_up import followed, went_on
from pipeline.schedule.due import Due, DueRun, due, read_done, record
from pipeline.workspace import lease
from pipeline.workspace.workspace import Workspace

if TYPE_CHECKING:
    from pipeline.runs.outcome import RunOutcome

RunOnce = Callable[[Sequence[Ingestion], "int | None"], "RunOutcome"]
"""Makes a run of these parts, compared with this version or with the one that serves."""


def look(config: RunConfig, workspace: Workspace, again: bool = False) -> tuple[Due, SpanFiles]:
    """What is due, and the files.

    Raises:
        ConfigurationError: no corpus has a span in its files' names, or a file of the workspace is damaged.
        DataError: a file cannot be read.
    """
    files = find_spans(config)
    return due(config, files, read_done(workspace.spans), again), files


def next_run(config: RunConfig, todo: Due, files: SpanFiles) -> tuple[list[Ingestion], int | None]:
    """The parts of the first run that is due, and the version that it follows."""
    return files.parts(config, todo.runs[0].spans), followed(config, todo.catch_up)


def work_off(
    config: RunConfig, workspace: Workspace, todo: Due, files: SpanFiles, run_once: RunOnce
) -> Iterator[tuple[DueRun, RunOutcome]]:
    """Make the runs that are due, in a workspace that is held; what one of them came to is written down
    before it is yielded, and before the next one starts.

    Raises:
        DragomanError: a run failed, or the workspace was lost.
    """
    catch_up = todo.catch_up
    for run in todo.runs:
        result = run_once(files.parts(config, run.spans), followed(config, catch_up))
        lease.require()
        catch_up = went_on(config, catch_up, result.version.number if result.version else None)
        record(workspace.spans, run, None if run is todo.runs[-1] else catch_up)
        yield run, result
