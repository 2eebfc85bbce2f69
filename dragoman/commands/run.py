"""`dragoman run`: one run of the pipeline."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dragoman.console import out, print_json
from dragoman.one_run import failure_told, run_and_show
from dragoman.span_runs import nothing_new, tell_due, work_off_and_show

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.examples.tasks import Ingestion
    from pipeline.workspace.workspace import Workspace

_EPILOG = "Example: dragoman run examples/embedded.yaml --set training.max_steps=500"


def register(app: typer.Typer) -> None:
    """Add `run`."""
    app.command("run", epilog=_EPILOG)(run)


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="the run's YAML file", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="another value for one key; repeat it for more"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be done, and do nothing")
    ] = False,
    cached: Annotated[
        bool,
        typer.Option(
            "--cached",
            help="with --dry-run: also which results of earlier runs would be used (loads TensorFlow)",
        ),
    ] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="use no result and no checkpoint of an earlier run")
    ] = False,
    allow_same_language: Annotated[
        bool, typer.Option("--allow-same-language", help="no translation, as en to en: a rewriting of texts")
    ] = False,
    allow_other_languages: Annotated[
        bool,
        typer.Option(
            "--allow-other-languages", help="also where the version that serves translates other languages"
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on standard output")] = False,
) -> None:
    """Run the pipeline that CONFIG describes: ingest, clean, train, evaluate, check, push and report.

    What an earlier run has done is not done again; an interrupted run goes on where it was. With a section
    `spans` only new spans are read, and nothing is done where there is none. Exit code 5: the gate refused
    the candidate, and nothing was pushed; 10: another run is using the workspace.

    With `training.strategy: multi_worker` the same command runs on every machine of TF_CONFIG: the first one
    runs the pipeline, the others take part in its training.
    """
    from pipeline.config.load import load
    from pipeline.workspace.workspace import Workspace

    allowed = {
        "languages.allow_same": allow_same_language,
        "push.allow_other_languages": allow_other_languages,
    }
    loaded = load(config, [*(overrides or ()), *(f"{key}=true" for key, given in allowed.items() if given)])
    workspace = Workspace.of(loaded)
    if dry_run:
        _show_plan(loaded, workspace, cached, as_json)
        return
    _work(loaded, workspace, from_scratch, as_json)


def _work(config: RunConfig, workspace: Workspace, from_scratch: bool, as_json: bool) -> None:
    """What this machine does for the run: all of it, or its part of the training.

    Raises:
        DragomanError: it went wrong, or the candidate was refused.
    """
    from pipeline.errors import ConfigurationError
    from pipeline.recipes.base import training_together
    from pipeline.steps.train.machines import train_as_worker
    from trainer.cluster import read_cluster

    together = None
    with contextlib.suppress(ConfigurationError):  # Of steps: it is the run's to tell, and to keep.
        together = training_together(config, workspace)
    if together and not read_cluster().chief:
        train_as_worker(together, workspace)
        return
    with workspace.locked(), failure_told(config):
        work = run_and_show if config.spans is None else work_off_and_show
        refusal = work(config, workspace, from_scratch, as_json)
    if refusal:
        raise refusal


def _show_plan(config: RunConfig, workspace: Workspace, cached: bool, as_json: bool) -> None:
    """What `run` would do."""
    from pipeline.runs.plan import plan

    parts: list[Ingestion] = []
    before = None
    if config.spans is not None:
        from pipeline.schedule.span_runs import look, next_run

        todo, files = look(config, workspace)
        tell_due(todo)
        if not todo.runs:
            if as_json:
                print_json(nothing_new(config, todo))
            return
        parts, before = next_run(config, todo, files)
    planned = plan(config, workspace, parts, before)
    components = _cached(config, workspace, parts, before) if cached else {}
    if as_json:
        print_json({**planned.as_json(), **({"components": components} if cached else {})})
        return
    for line in (*planned.lines(), *(f"  {component}: {state}" for component, state in components.items())):
        out.print(escape(line))


def _cached(
    config: RunConfig, workspace: Workspace, parts: list[Ingestion], before: int | None
) -> dict[str, str]:
    """By component, `cached` or `to do`."""
    import os

    from pipeline.runs.late import starting
    from pipeline.runs.quiet import redirected

    with redirected(Path(os.devnull)), starting():
        from pipeline.runs.cache import cached_components

        cached = cached_components(config, workspace, parts, before)
    return {component: "cached" if is_cached else "to do" for component, is_cached in cached.items()}
