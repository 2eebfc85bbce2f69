"""`dragoman canary`: a version on trial, watched if wished, and taken away when it is worse than stable."""

from __future__ import annotations

from dataclasses import asdict

import typer

from dragoman import rollout_options as options
from dragoman.option_groups import grouped
from dragoman.trial import TrialOptions, watch_canary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "canary",
        rich_help_panel=options.PANEL,
        epilog="Example: dragoman canary embedded 3 --watch 10m --sentences traffic.en && "
        "dragoman promote embedded 3",
    )(canary)


@grouped
def canary(
    *,
    model: str = options.MODEL,
    version: str = typer.Argument(..., help="A version, or none: take the label away."),
    servers: options.RolloutOptions,
    dry_run: bool = options.DRY_RUN,
    apart: bool = typer.Option(
        False, "--apart", help="Under the servable name MODEL-canary: nobody gets it who does not ask for it."
    ),
    trial: TrialOptions,
    as_json: bool = options.JSON,
) -> None:
    """Let those who ask for the label canary try a version; stable stays.

    A version newer than stable goes to clients that name neither label nor version as well, to all of them:
    where there are such clients, use --apart, and have the trial's clients ask for MODEL-canary.

    With --watch, the label is taken away as soon as the version is worse than stable by failures, latency or
    translations (exit code 9), and stays after the time is over (exit code 0).
    """
    if version != "none" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor none")
    if trial.watch is not None and (servers.offline or dry_run or version == "none"):
        raise typer.BadParameter("--watch needs a version, servers to ask, and --sentences FILE")
    watched = trial.prepare()
    rollout = servers.rollout(dry_run)
    outcome = (
        rollout.withdraw(model) if version == "none" else rollout.canary(model, int(version), apart=apart)
    )
    if watched is None or not as_json:
        options.show(outcome, dry_run, as_json)
    if watched is not None:
        report = {**asdict(outcome), "dry_run": dry_run}
        watch_canary(rollout, model, int(version), watched, report, as_json)
