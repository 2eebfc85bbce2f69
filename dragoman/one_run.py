"""One run of the pipeline in a workspace that is held: its log, its progress, its last lines."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from dragoman.console import err, out, print_json
from dragoman.retention import tidy_after_run

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.config.schedule import Event
    from pipeline.errors import PipelineError
    from pipeline.examples.tasks import Ingestion
    from pipeline.runs.outcome import RunOutcome
    from pipeline.steps.base import SummaryLine
    from pipeline.workspace.workspace import Workspace


def run_and_show(
    config: RunConfig, workspace: Workspace, from_scratch: bool, as_json: bool
) -> PipelineError | None:
    """Run in a workspace that is held, and show what it came to.

    Returns:
        Why it pushed nothing; None where it pushed.

    Raises:
        DragomanError: the run failed.
    """
    result = logged_run(config, workspace, from_scratch)
    if as_json:
        print_json(result.as_json())
    else:
        show(result)
    if not result.refusal:
        tidy_after_run(config, workspace)
    return result.refusal


def logged_run(
    config: RunConfig,
    workspace: Workspace,
    from_scratch: bool,
    parts: Sequence[Ingestion] = (),
    before: int | None = None,
) -> RunOutcome:
    """Run, with a log of its own, which is named when something goes wrong; `parts` and `before` as in
    `pipeline.runs.build`."""
    from pipeline.runs.preflight import preflight
    from pipeline.runs.records import RunRecord, keep

    began, log = datetime.now(timezone.utc), workspace.logs / f"{time.strftime('%Y%m%dT%H%M%S')}.log"
    try:
        preflight(config, parts, before)
    except Exception as error:
        keep(workspace.root, RunRecord.of_failure(began, error, None))
        raise
    try:
        result = _run(config, workspace, log, from_scratch, parts, before)
    except KeyboardInterrupt as error:
        keep(workspace.root, RunRecord.of_failure(began, error, log))
        err.print(f"interrupted: the same command goes on from here; the full log is in {escape(str(log))}")
        raise
    except Exception as error:
        keep(workspace.root, RunRecord.of_failure(began, error, log))
        err.print(f"the full log is in {escape(str(log))}")
        raise
    facts = result.as_json()
    keep(workspace.root, RunRecord.of_outcome(began, facts), report=result.report)
    version = result.version
    end = f"; {'pushed' if version.new else 'already there:'} {version.folder}" if version else ""
    warned = "".join(f"; warning: {line.text}" for line in result.lines() if line.tone == "warning")
    tell(config, result.event, f"{config.name}: {facts['reason']}{end}{warned}", facts)
    return result


def tell(config: RunConfig, event: Event, text: str, facts: Mapping[str, Any]) -> None:
    """Notify who asked for it; not being able to is said, and changes nothing."""
    if config.notify is None:
        return
    from pipeline.schedule.notify import notify

    if problem := notify(config.notify, event, config.name, text, facts):
        err.print(f"warning: {problem}", markup=False)


@contextlib.contextmanager
def failure_told(config: RunConfig) -> Iterator[None]:
    """Notify of an error that ends the run."""
    try:
        yield
    except Exception as error:
        tell(config, "failed", f"{config.name} failed: {error}", {"reason": str(error)})
        raise


def _run(
    config: RunConfig,
    workspace: Workspace,
    log: Path,
    from_scratch: bool,
    parts: Sequence[Ingestion],
    before: int | None,
) -> RunOutcome:
    """The run, with everything that libraries say in the log."""
    from dragoman.run_display import display, waiting
    from pipeline.runs.late import starting
    from pipeline.runs.quiet import redirected

    with redirected(log) as terminal:
        with waiting(terminal, "loading TensorFlow and TFX"), starting():
            from pipeline.runs.build import build
            from pipeline.runs.plan import notes
            from pipeline.runs.run import run_pipeline

            built = build(config, workspace, reuse=not from_scratch, parts=parts, before=before)
        for note in notes(config, workspace, parts, before):
            print(note, file=terminal)
        with display(terminal, [node.id for node in built.pipeline.components]) as observer:
            return run_pipeline(config, built, workspace, observer, log)


_COLUMN = 8  # where the text begins
_STYLES = {"": "", "good": "bold green", "warning": "bold yellow"}


def show(result: RunOutcome) -> None:
    """The last lines of a run."""
    for line in (*result.lines(), _took(result), *result.places()):
        _print(line)


def _took(result: RunOutcome) -> SummaryLine:
    from pipeline.steps.base import SummaryLine

    return SummaryLine("took", result.seconds.text)


def _print(line: SummaryLine) -> None:
    """A word and what there is to say, in columns where the word is short."""
    word = f"{line.label}:" if line.label else ""
    gap = " " * max(1, _COLUMN - len(word)) if word else ""
    out.print(Text.assemble((word, _STYLES[line.tone]), gap, line.text), highlight=False, soft_wrap=True)
