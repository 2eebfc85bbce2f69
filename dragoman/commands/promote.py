"""`dragoman promote`, `rollback`, `retire`: which version users get. `canary` is in a file of its own."""

from __future__ import annotations

import typer

from dragoman import rollout_options as options
from dragoman.option_groups import grouped


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "promote", rich_help_panel=options.PANEL, epilog="Example: dragoman promote embedded 2 --dry-run"
    )(promote)
    app.command(
        "rollback",
        rich_help_panel=options.PANEL,
        epilog="Example: dragoman rollback embedded --reason 'drops names'",
    )(rollback)
    app.command("retire", rich_help_panel=options.PANEL, epilog="Example: dragoman retire embedded 1")(retire)


@grouped
def promote(
    *,
    model: str = options.MODEL,
    version: str = typer.Argument("latest", help="A version, or latest."),
    servers: options.RolloutOptions,
    keep_loaded: bool = options.KEEP_LOADED,
    dry_run: bool = options.DRY_RUN,
    as_json: bool = options.JSON,
) -> None:
    """Give users a version: load it on every replica, then move the label stable to it.

    Clients that name neither label nor version change over when a replica has loaded it, before the label.
    """
    if version != "latest" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor latest")
    rollout = servers.rollout(dry_run, keep_loaded)
    options.show(rollout.promote(model, None if version == "latest" else int(version)), dry_run, as_json)


@grouped
def rollback(
    *,
    model: str = options.MODEL,
    servers: options.RolloutOptions,
    keep_loaded: bool = options.KEEP_LOADED,
    dry_run: bool = options.DRY_RUN,
    as_json: bool = options.JSON,
) -> None:
    """Go back to the version that was stable before; again: one further back.

    First the label, on every replica; then what is newer is unloaded, for clients that name no label.
    """
    rollout = servers.rollout(dry_run, keep_loaded)
    options.show(rollout.rollback(model), dry_run, as_json)


@grouped
def retire(
    *,
    model: str = options.MODEL,
    version: int = typer.Argument(..., min=0),
    servers: options.RolloutOptions,
    dry_run: bool = options.DRY_RUN,
    as_json: bool = options.JSON,
) -> None:
    """Unload a version that no label names, and delete it."""
    rollout = servers.rollout(dry_run)
    options.show(rollout.retire(model, version), dry_run, as_json)
