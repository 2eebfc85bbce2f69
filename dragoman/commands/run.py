"""`dragoman run`: one run of the pipeline."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dragoman.console import err, out, print_json

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.outcome import Outcome
    from pipeline.workspace import Workspace

_EPILOG = "Example: dragoman run examples/embedded.yaml --set training.max_steps=500"


def register(app: typer.Typer) -> None:
    """Add `run`."""
    app.command("run", epilog=_EPILOG)(run)


def run(
    config: Annotated[Path, typer.Argument(help="the run's YAML file", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="another value for one key; repeat it for more"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be done, and do nothing")
    ] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="use no result and no checkpoint of an earlier run")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on standard output")] = False,
) -> None:
    """Run the pipeline that CONFIG describes: ingest, clean, train, evaluate, check, push and report.

    What an earlier run has done is not done again; an interrupted run goes on where it was. Exit code 5: the
    gate refused the candidate, and nothing was pushed. With `training.strategy: multi_worker` the same
    command runs on every machine of TF_CONFIG: the first one runs the pipeline, the others take part in its
    training.
    """
    from pipeline.load import load
    from pipeline.machines import train_as_worker
    from pipeline.workspace import Workspace
    from trainer.cluster import read_cluster

    loaded = load(config, overrides or ())
    workspace = Workspace((loaded.workspace / loaded.name).absolute())
    if dry_run:
        _show_plan(loaded, workspace, as_json)
        return
    if loaded.training.strategy == "multi_worker" and not read_cluster().chief:
        train_as_worker(loaded.training, workspace)
        return
    with workspace.locked():
        log = workspace.logs / f"{time.strftime('%Y%m%dT%H%M%S')}.log"
        try:
            result = _run(loaded, workspace, log, from_scratch)
        except Exception:
            err.print(f"the full log is in {escape(str(log))}")
            raise
    if as_json:
        print_json(result.as_json())
    else:
        _show(result)
    if result.refusal:
        raise result.refusal


def _run(config: RunConfig, workspace: Workspace, log: Path, from_scratch: bool) -> Outcome:
    """The run, with everything that libraries say in the log."""
    from dragoman.run_display import display, waiting
    from pipeline.quiet import redirected

    with redirected(log) as terminal:
        with waiting(terminal, "loading TensorFlow and TFX"):
            from pipeline.build import build
            from pipeline.run import run_pipeline

            assembled = build(config, workspace, reuse=not from_scratch)
        with display(terminal, [node.id for node in assembled.components]) as observer:
            return run_pipeline(config, assembled, workspace, observer, log)


def _show(result: Outcome) -> None:
    """The last lines of a run."""
    verdict = result.scores.verdict
    if not result.refusal:
        out.print(f"[bold green]gate passed[/]: {escape(verdict.text)}")
    for one in result.scores.slices:
        out.print(
            f"  {escape(one.name)}: BLEU {one.bleu.candidate:.1f} on {one.sentences} sentences",
            highlight=False,
        )
    if result.pushed:
        out.print(f"pushed: {escape(str(result.pushed))}")
    out.print(f"report: {escape(str(result.report))}")
    out.print(f"log:    {escape(str(result.log))}")


def _show_plan(config: RunConfig, workspace: Workspace, as_json: bool) -> None:
    """What `run` would do."""
    import os

    from pipeline.quiet import redirected

    with redirected(Path(os.devnull)):
        from pipeline.plan import plan

        planned = plan(config, workspace)
    if as_json:
        print_json(planned.as_json())
        return
    for line in planned.lines():
        out.print(escape(line))
