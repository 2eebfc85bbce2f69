"""`dragoman prune`: what the section `retention` keeps, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.console import err, print_json


def register(app: typer.Typer) -> None:
    """Add `prune`."""
    app.command("prune", epilog="Example: dragoman prune run.yaml --set retention.versions=3 --dry-run")(
        prune
    )


def prune(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="the run's YAML file", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="another value for one key; repeat it for more"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would go, and change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the result as JSON on standard output")] = False,
) -> None:
    """Retire old versions and remove the artifacts of old runs, as the section `retention` of CONFIG says.

    A version that is labelled, loaded or gone back to by a rollback stays, whatever its age.
    """
    from dragoman.retention import tell_retained
    from pipeline.config.load import load
    from pipeline.errors import ConfigurationError
    from pipeline.schedule.retention import retain
    from pipeline.workspace.workspace import Workspace

    loaded = load(config, overrides or ())
    if loaded.retention.versions is None and loaded.retention.runs is None:
        raise ConfigurationError("retention: set `versions` or `runs`: as it is, everything is kept")
    workspace = Workspace.of(loaded)
    if dry_run:
        done = retain(loaded, workspace, dry_run)
    else:
        with workspace.locked():
            done = retain(loaded, workspace)
    tell_retained(done)
    if as_json:
        print_json(done.as_json())
    elif not done.retired and not done.artifacts:
        err.print("nothing to remove")
