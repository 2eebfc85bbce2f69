"""`dragoman promote`, `rollback`, `retire`: which version users get. `canary` is in a file of its own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dragoman.console import err, out, print_json

if TYPE_CHECKING:
    from serving.rollout import Outcome, Rollout

_PANEL = "Versions"
_ROOT = typer.Option(
    Path("models"), "--model-root", envvar="DRAGOMAN_MODEL_ROOT", help="Where models were pushed to."
)
_REPLICA = typer.Option(
    ["127.0.0.1:8500"],
    "--replica",
    envvar="DRAGOMAN_REPLICAS",
    metavar="HOST:PORT",
    help="A server that follows the model root; repeat it, or give a name that resolves to all of them, as dns:///models.ns:8500.",
)
_OFFLINE = typer.Option(
    False, "--offline", help="Only write models.config: for servers that are not running."
)
_REASON = typer.Option("", "--reason", help="Why, for the history.")
_DRY_RUN = typer.Option(False, "--dry-run", help="Show how models.config would change, and change nothing.")
_TIMEOUT = typer.Option(120.0, "--timeout", min=0.1, help="Seconds until every replica must have followed.")
_JSON = typer.Option(False, "--json", help="Print the outcome as one JSON document.")
_MODEL = typer.Argument(..., help="The model's name.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("promote", rich_help_panel=_PANEL, epilog="Example: dragoman promote embedded 2 --dry-run")(
        promote
    )
    app.command(
        "rollback",
        rich_help_panel=_PANEL,
        epilog="Example: dragoman rollback embedded --reason 'drops names'",
    )(rollback)
    app.command("retire", rich_help_panel=_PANEL, epilog="Example: dragoman retire embedded 1")(retire)


def promote(
    model: str = _MODEL,
    version: str = typer.Argument("latest", help="A version, or latest."),
    model_root: Path = _ROOT,
    replica: list[str] = _REPLICA,
    offline: bool = _OFFLINE,
    reason: str = _REASON,
    dry_run: bool = _DRY_RUN,
    timeout: float = _TIMEOUT,
    as_json: bool = _JSON,
) -> None:
    """Give users a version: load it on every replica, then move the label stable to it."""
    if version != "latest" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor latest")
    rollout = _rollout(model_root, replica, offline, reason, dry_run, timeout)
    _show(rollout.promote(model, None if version == "latest" else int(version)), dry_run, as_json)


def rollback(
    model: str = _MODEL,
    model_root: Path = _ROOT,
    replica: list[str] = _REPLICA,
    offline: bool = _OFFLINE,
    reason: str = _REASON,
    dry_run: bool = _DRY_RUN,
    timeout: float = _TIMEOUT,
    as_json: bool = _JSON,
) -> None:
    """Go back to the version that was stable before; again: one further back."""
    _show(_rollout(model_root, replica, offline, reason, dry_run, timeout).rollback(model), dry_run, as_json)


def retire(
    model: str = _MODEL,
    version: int = typer.Argument(..., min=0),
    model_root: Path = _ROOT,
    replica: list[str] = _REPLICA,
    offline: bool = _OFFLINE,
    reason: str = _REASON,
    dry_run: bool = _DRY_RUN,
    timeout: float = _TIMEOUT,
    as_json: bool = _JSON,
) -> None:
    """Unload a version that no label names, and delete it."""
    _show(
        _rollout(model_root, replica, offline, reason, dry_run, timeout).retire(model, version),
        dry_run,
        as_json,
    )


def _rollout(
    model_root: Path, replica: list[str], offline: bool, reason: str, dry_run: bool, timeout: float
) -> Rollout:
    from serving.rollout import Rollout

    return Rollout(model_root, [] if offline or dry_run else replica, timeout, reason, dry_run)


def _show(outcome: Outcome, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(outcome), "dry_run": dry_run})
        return
    if dry_run:
        out.print(outcome.diff or "nothing would change", markup=False)
        return
    before, to = ["none" if one is None else one for one in (outcome.before, outcome.to)]
    err.print(f"{outcome.action} {outcome.model}: {before} → {to} in {outcome.seconds:.2f} s", markup=False)
    for address, seconds in outcome.followed.items():
        err.print(f"  {address} has followed after {seconds:.2f} s", markup=False)
    for address, why in outcome.behind.items():
        err.print(f"warning: {address} has not followed: {why}", markup=False)
