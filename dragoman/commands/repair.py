"""`dragoman repair`: the last good models.config, where it is damaged or lost."""

from __future__ import annotations

from dataclasses import asdict

import typer

from dragoman import rollout_options as options
from dragoman.console import err, out, print_json
from dragoman.option_groups import grouped


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "repair",
        rich_help_panel=options.PANEL,
        epilog="Example: dragoman repair --model-root models --dry-run",
    )(repair)


@grouped
def repair(
    *,
    servers: options.RolloutOptions,
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be written, and change nothing."),
    as_json: bool = options.JSON,
) -> None:
    """Write the last good models.config, from the history, where it is damaged or lost.

    The damaged one is kept as models.config.damaged. One that servers can read is left alone.
    """
    from serving.rollout.repair import ASIDE
    from serving.rollout.repair import repair as repaired

    done = repaired(servers.rollout(dry_run))
    if as_json:
        print_json(None if done is None else {**asdict(done), "dry_run": dry_run})
        return
    if done is None:
        err.print(f"nothing is wrong with models.config in {servers.model_root}", markup=False)
        return
    if dry_run:
        out.print(done.config, markup=False)
        return
    when = "the labels' history" if done.when is None else f"{done.when.astimezone():%Y-%m-%d %H:%M:%S}"
    stable = ", ".join(f"{model} {version}" for model, version in done.stable.items()) or "nothing"
    err.print(f"wrote models.config as of {when}: stable is {stable}", markup=False)
    if (aside := servers.model_root / ASIDE).exists():
        err.print(f"the damaged one is {aside}", markup=False)
    for address, why in done.behind.items():
        err.print(
            f"warning: {address} has not followed ({why}): start that server again; one that has read a "
            "configuration which it refuses may take no later one",
            markup=False,
        )
