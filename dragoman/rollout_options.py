"""The options and the output that promote, canary, rollback, retire and repair share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.client_options import TlsOptions, bad_parameter
from dragoman.console import err, out, print_json

if TYPE_CHECKING:
    from serving.rollout import Rollout, RolloutOutcome

PANEL = "Versions"
KEEP_LOADED = typer.Option(
    False,
    "--keep-loaded",
    help="Keep what is newer loaded, for who asks for it by number: clients without a label get it, too.",
)
DRY_RUN = typer.Option(False, "--dry-run", help="Show how models.config would change, and change nothing.")
JSON = typer.Option(False, "--json", help="Print the outcome as one JSON document.")
MODEL = typer.Argument(..., help="The model's name.")


@dataclass(frozen=True, kw_only=True)
class RolloutOptions:
    """The model root that is changed, the replicas that have to follow, and how they are asked."""

    model_root: Annotated[
        Path,
        typer.Option("--model-root", envvar="DRAGOMAN_MODEL_ROOT", help="Where models were pushed to."),
    ] = Path("models")
    replica: Annotated[
        list[str],
        typer.Option(
            "--replica",
            envvar="DRAGOMAN_REPLICAS",
            metavar="HOST:PORT",
            help="A server that follows the model root; repeat it, or give a name that resolves to all of "
            "them, as dns:///models.ns:8500.",
        ),
    ] = field(default_factory=lambda: ["127.0.0.1:8500"])
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Only write models.config: for servers that are not running."),
    ] = False
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.")] = ""
    timeout: Annotated[
        float,
        typer.Option("--timeout", min=0.1, help="Seconds until every replica must have followed."),
    ] = 120.0
    tls: TlsOptions = field(default_factory=TlsOptions)

    def rollout(self, dry_run: bool, keep_loaded: bool = False) -> Rollout:
        """What the options say; serving is imported late, so that `--help` is quick.

        Raises:
            typer.BadParameter: no replica is named, which would be --offline without saying so; or a
                certificate without its key.
            TlsError: a file cannot be used.
        """
        from serving.rollout import Rollout

        tls = self.tls.settings()
        named = addresses(self.replica)
        if not named and not self.offline and not dry_run:
            raise typer.BadParameter(
                "no --replica is named (DRAGOMAN_REPLICAS is empty): name one, or --offline"
            )
        asked = [] if self.offline or dry_run else named
        return Rollout(self.model_root, asked, self.timeout, self.reason, dry_run, keep_loaded, tls=tls)


def addresses(replica: list[str]) -> list[str]:
    """Those that are not blank.

    Raises:
        typer.BadParameter: one can be no address.
    """
    from serving.client.settings import target

    named = [address for address in replica if address.strip()]
    with bad_parameter():
        for address in named:
            target(address)
    return named


def show(outcome: RolloutOutcome, dry_run: bool, as_json: bool) -> None:
    """On standard output what a script reads, on standard error what a person does."""
    if as_json:
        print_json({**asdict(outcome), "dry_run": dry_run})
        return
    if dry_run:
        out.print(outcome.diff or "nothing would change", markup=False)
    else:
        _tell_times(outcome)
    from serving.rollout.outcome import consequences

    for line in consequences(outcome):
        err.print(line, markup=False)


def _tell_times(outcome: RolloutOutcome) -> None:
    before, to = ["none" if version is None else version for version in (outcome.before, outcome.to)]
    line = f"{outcome.action} {outcome.model}: {before} → {to}"
    if outcome.action == "rollback" and before == to:
        line = f"completed the rollback of {outcome.model} to {to}, which had been cut short,"
    err.print(f"{line} in {outcome.seconds:.2f} s", markup=False)
    for address, seconds in outcome.followed.items():
        err.print(f"  {address} has followed after {seconds:.2f} s", markup=False)
    if outcome.unlabelled:
        last = max(outcome.unlabelled.values())
        err.print(
            f"  clients that name no label get {outcome.newest}, from the last replica after {last:.2f} s",
            markup=False,
        )
    for address, why in outcome.behind.items():
        err.print(f"warning: {address} has not followed: {why}", markup=False)
