"""One run of the pipeline in a workspace that is held: its log, its progress, its last lines."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from dragoman.console import err, out

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.config.schedule import Event
    from pipeline.examples.tasks import Part
    from pipeline.runs.outcome import Outcome
    from pipeline.workspace.workspace import Workspace


def logged_run(
    config: RunConfig,
    workspace: Workspace,
    from_scratch: bool,
    parts: Sequence[Part] = (),
    before: int | None = None,
) -> Outcome:
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
    end = f"; {'pushed' if result.new else 'already there:'} {result.folder}" if result.folder else ""
    warned = "".join(f"; warning: {one}" for one in result.scores.verdict.warnings)
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
    parts: Sequence[Part],
    before: int | None,
) -> Outcome:
    """The run, with everything that libraries say in the log."""
    from dragoman.run_display import display, waiting
    from pipeline.runs.quiet import redirected

    with redirected(log) as terminal:
        with waiting(terminal, "loading TensorFlow and TFX"):
            from pipeline.runs.build import build
            from pipeline.runs.run import run_pipeline
            from pipeline.steps.baseline.initial import weights_note

            assembled = build(config, workspace, reuse=not from_scratch, parts=parts, before=before)
        print(weights_note(config, before), file=terminal)
        with display(terminal, [node.id for node in assembled.components]) as observer:
            return run_pipeline(config, assembled, workspace, observer, log)


def pushed_told(version: Path, new: bool) -> str:
    """What a user is told of the version that the candidate is."""
    if new:
        return f"pushed: {version}"
    if version.exists():
        return f"nothing pushed: the candidate is already there, as {version}"
    return f"nothing pushed: the candidate was {version}, removed since; --from-scratch makes a new one"


def show(result: Outcome) -> None:
    """The last lines of a run."""
    verdict = result.scores.verdict
    out.print(f"data:   {result.pairs.text}", markup=False, highlight=False)
    for remark in result.pairs.remarks:
        out.print(f"note:   {remark}", markup=False, highlight=False)
    if not result.refusal:
        out.print(f"[bold green]gate passed[/]: {escape(verdict.text)}")
    for warning in verdict.warnings:
        out.print(f"[bold yellow]warning[/]: {escape(warning)}")
    for one in result.scores.slices:
        out.print(
            f"  {escape(one.name)}: BLEU {one.bleu.candidate:.1f} on {one.sentences} sentences",
            highlight=False,
        )
    if result.folder:
        out.print(pushed_told(result.folder, result.new), markup=False, highlight=False)
    out.print(f"took:   {result.seconds.text}")
    out.print(f"report: {escape(str(result.report))}")
    out.print(f"curves: tensorboard --logdir {escape(str(result.curves))}")
    out.print(f"log:    {escape(str(result.log))}")
