"""`dragoman canary`: a version on trial, watched if wished, and taken away when it is worse than stable."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dragoman import rollout_options as options
from dragoman.console import err, print_json

if TYPE_CHECKING:
    from serving.rollout import Rollout
    from serving.rollout.comparison import Comparison

_EVERY = 10.0  # seconds between two lines of progress
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
    watch: str = typer.Option(
        None, "--watch", metavar="TIME", help="Compare it with stable for so long (90s, 10m, 1h)."
    ),
    sentences: Path = typer.Option(
        None, "--sentences", help="With --watch: sources to compare by, one a line, like real traffic."
    ),
    max_error_increase: float = typer.Option(
        0.01, min=0, max=1, help="Withdraw when its share of failed requests exceeds stable's by more."
    ),
    max_latency_ratio: float = typer.Option(
        2.0, min=1, help="Withdraw when its 90th percentile of latency is more than so many times stable's."
    ),
    as_json: bool = options.JSON,
) -> None:
    """Let those who ask for the label canary try a version; stable stays.

    With --watch, the label is taken away as soon as the version is worse than stable (exit code 9), and stays
    after the time is over (exit code 0).
    """
    if version != "none" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor none")
    if watch is not None and (offline or dry_run or version == "none" or sentences is None):
        raise typer.BadParameter("--watch needs a version, servers to ask, and --sentences FILE")
    duration = None if watch is None else _seconds(watch)
    sources = [] if duration is None else _sources(sentences)
    rollout = options.rollout_of(model_root, replica, offline, reason, dry_run, timeout)
    outcome = rollout.withdraw(model) if version == "none" else rollout.canary(model, int(version))
    if duration is None:
        options.show(outcome, dry_run, as_json)
        return
    if not as_json:
        options.show(outcome, dry_run, as_json)
    report: dict[str, Any] = {**asdict(outcome), "dry_run": dry_run}
    _watch(
        rollout,
        model,
        int(version),
        sources,
        (max_error_increase, max_latency_ratio),
        duration,
        report,
        as_json,
    )


def _watch(
    rollout: Rollout,
    model: str,
    version: int,
    sources: list[str],
    limits: tuple[float, float],
    duration: float,
    report: dict[str, Any],
    as_json: bool,
) -> None:
    from serving.rollout.comparison import Limits
    from serving.rollout.watch import Watch

    trial = Watch(rollout, model, version, sources, Limits(*limits))
    try:
        trial.run(duration, _Progress(version))
    except KeyboardInterrupt:
        err.print(f"no longer watched: {version} stays canary", markup=False)
        raise
    finally:
        if as_json:
            print_json({**report, "watch": trial.comparison.as_json()})
    if not as_json:
        err.print(
            trial.comparison.verdict or f"{version} is no worse than stable and stays canary", markup=False
        )


class _Progress:
    """A line now and then."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._told = time.monotonic()

    def __call__(self, comparison: Comparison) -> None:
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            err.print(
                f"canary {self._version}: {comparison.canary}; stable: {comparison.stable}", markup=False
            )


def _sources(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error.strerror}") from error
    found = [line for line in lines if line.strip()]
    if not found:
        raise typer.BadParameter(f"{path} holds no sentence")
    return found
