"""`dragoman promote`, `rollback`, `retire`: which version users get. `canary` is in a file of its own."""

from __future__ import annotations

from pathlib import Path

import typer

from dragoman import rollout_options as options
from dragoman.client_options import TLS, TLS_CA, TLS_CERTIFICATE, TLS_KEY, TLS_NAME


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


def promote(
    model: str = options.MODEL,
    version: str = typer.Argument("latest", help="A version, or latest."),
    model_root: Path = options.ROOT,
    replica: list[str] = options.REPLICA,
    offline: bool = options.OFFLINE,
    reason: str = options.REASON,
    keep_loaded: bool = options.KEEP_LOADED,
    dry_run: bool = options.DRY_RUN,
    timeout: float = options.TIMEOUT,
    tls: bool = TLS,
    tls_ca: Path = TLS_CA,
    tls_certificate: Path = TLS_CERTIFICATE,
    tls_key: Path = TLS_KEY,
    tls_name: str = TLS_NAME,
    as_json: bool = options.JSON,
) -> None:
    """Give users a version: load it on every replica, then move the label stable to it.

    Clients that name neither label nor version change over when a replica has loaded it, before the label.
    """
    if version != "latest" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor latest")
    secured = options.tls_to_replicas(tls, tls_ca, tls_certificate, tls_key, tls_name)
    rollout = options.rollout_of(model_root, replica, offline, reason, dry_run, timeout, secured, keep_loaded)
    options.show(rollout.promote(model, None if version == "latest" else int(version)), dry_run, as_json)


def rollback(
    model: str = options.MODEL,
    model_root: Path = options.ROOT,
    replica: list[str] = options.REPLICA,
    offline: bool = options.OFFLINE,
    reason: str = options.REASON,
    keep_loaded: bool = options.KEEP_LOADED,
    dry_run: bool = options.DRY_RUN,
    timeout: float = options.TIMEOUT,
    tls: bool = TLS,
    tls_ca: Path = TLS_CA,
    tls_certificate: Path = TLS_CERTIFICATE,
    tls_key: Path = TLS_KEY,
    tls_name: str = TLS_NAME,
    as_json: bool = options.JSON,
) -> None:
    """Go back to the version that was stable before; again: one further back.

    First the label, on every replica; then what is newer is unloaded, for clients that name no label.
    """
    secured = options.tls_to_replicas(tls, tls_ca, tls_certificate, tls_key, tls_name)
    rollout = options.rollout_of(model_root, replica, offline, reason, dry_run, timeout, secured, keep_loaded)
    options.show(rollout.rollback(model), dry_run, as_json)


def retire(
    model: str = options.MODEL,
    version: int = typer.Argument(..., min=0),
    model_root: Path = options.ROOT,
    replica: list[str] = options.REPLICA,
    offline: bool = options.OFFLINE,
    reason: str = options.REASON,
    dry_run: bool = options.DRY_RUN,
    timeout: float = options.TIMEOUT,
    tls: bool = TLS,
    tls_ca: Path = TLS_CA,
    tls_certificate: Path = TLS_CERTIFICATE,
    tls_key: Path = TLS_KEY,
    tls_name: str = TLS_NAME,
    as_json: bool = options.JSON,
) -> None:
    """Unload a version that no label names, and delete it."""
    secured = options.tls_to_replicas(tls, tls_ca, tls_certificate, tls_key, tls_name)
    rollout = options.rollout_of(model_root, replica, offline, reason, dry_run, timeout, secured)
    options.show(rollout.retire(model, version), dry_run, as_json)
