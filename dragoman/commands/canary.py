"""`dragoman canary`: a version on trial, watched if wished, and taken away when it is worse than stable."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import typer

from dragoman import rollout_options as options
from dragoman.client_options import TLS, TLS_CA, TLS_CERTIFICATE, TLS_KEY, TLS_NAME
from dragoman.trial import read_sentences, require_judge, watch_canary

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "canary",
        rich_help_panel=options.PANEL,
        epilog="Example: dragoman canary embedded 3 --watch 10m --sentences traffic.en && "
        "dragoman promote embedded 3",
    )(canary)


def _seconds(text: str) -> float:
    """10m, 90s, 1.5h or a number of seconds.

    Raises:
        typer.BadParameter: it is none of these.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None or not float(match[1]):
        raise typer.BadParameter(f"{text!r} is no time such as 90s, 10m or 1h")
    return float(match[1]) * _UNITS[match[2]]


def canary(
    model: str = options.MODEL,
    version: str = typer.Argument(..., help="A version, or none: take the label away."),
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
    apart: bool = typer.Option(
        False, "--apart", help="Under the servable name MODEL-canary: nobody gets it who does not ask for it."
    ),
    watch: str = typer.Option(
        None, "--watch", metavar="TIME", help="Compare it with stable for so long (90s, 10m, 1h)."
    ),
    sentences: Path = typer.Option(
        None,
        "--sentences",
        help="With --watch: sources like real traffic, one a line; after a tab a reference, if known.",
    ),
    max_error_increase: float = typer.Option(
        0.01, min=0, max=1, help="Withdraw when its share of failed requests exceeds stable's by more."
    ),
    max_latency_ratio: float = typer.Option(
        2.0, min=1, help="Withdraw when its 90th percentile of latency is more than so many times stable's."
    ),
    max_quality_drop: float = typer.Option(
        2.0, min=0, max=100, help="Withdraw when its chrF against references is further below stable's."
    ),
    min_agreement: float = typer.Option(
        None,
        min=0,
        max=100,
        help="Withdraw when without references both versions' translations agree by less chrF; 60 if not "
        "given, 20 where writing does not part words.",
    ),
    max_length_change: float = typer.Option(
        0.2, min=0, help="Withdraw when its translations together are longer or shorter by a larger share."
    ),
    max_defect_increase: float = typer.Option(
        0.02,
        min=0,
        max=1,
        help="Withdraw when its share of empty, copied, repeating, half as long, twice as long, or "
        "number-losing translations exceeds stable's by more.",
    ),
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
    if watch is not None and (offline or dry_run or version == "none" or sentences is None):
        raise typer.BadParameter("--watch needs a version, servers to ask, and --sentences FILE")
    duration = None if watch is None else _seconds(watch)
    if duration is not None:
        require_judge()
    asked = [] if duration is None else read_sentences(sentences)
    secured = options.tls_to_replicas(tls, tls_ca, tls_certificate, tls_key, tls_name)
    rollout = options.rollout_of(model_root, replica, offline, reason, dry_run, timeout, secured)
    outcome = (
        rollout.withdraw(model) if version == "none" else rollout.canary(model, int(version), apart=apart)
    )
    if duration is None:
        options.show(outcome, dry_run, as_json)
        return
    if not as_json:
        options.show(outcome, dry_run, as_json)
    from serving.rollout.comparison import Limits
    from serving.rollout.quality import QualityLimits

    translations = QualityLimits(max_quality_drop, min_agreement, max_length_change, max_defect_increase)
    limits = Limits(max_error_increase, max_latency_ratio, translations)
    report = {**asdict(outcome), "dry_run": dry_run}
    watch_canary(rollout, model, int(version), asked, limits, duration, report, as_json)
