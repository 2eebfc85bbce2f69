"""`dragoman promote`, `canary`, `rollback`, `retire`: which version users get."""

# No `from __future__ import annotations`: `_with_options` hands the annotations on to typer as they are.

import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.console import err, out, print_json

if TYPE_CHECKING:
    from serving.rollout import Outcome, Rollout

_PANEL = "Versions"
_Model = Annotated[str, typer.Argument(help="The model's name.")]
_Version = Annotated[int, typer.Argument(min=0)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples: dict[Callable[..., Outcome], str] = {
        promote: "promote embedded 2 --dry-run",
        canary: "canary embedded 3",
        rollback: "rollback embedded --reason 'drops names'",
        retire: "retire embedded 1",
    }
    for change, example in examples.items():
        command = app.command(change.__name__, rich_help_panel=_PANEL, epilog=f"Example: dragoman {example}")
        command(_with_options(change))


def promote(
    rollout: "Rollout",
    model: _Model,
    version: Annotated[str, typer.Argument(help="A version, or latest.")] = "latest",
) -> "Outcome":
    """Give users a version: load it on every replica, then move the label stable to it."""
    if version != "latest" and not version.isdecimal():
        raise typer.BadParameter(f"{version!r} is neither a version nor latest")
    return rollout.promote(model, None if version == "latest" else int(version))


def canary(rollout: "Rollout", model: _Model, version: _Version) -> "Outcome":
    """Let those who ask for the label canary try a version; stable stays."""
    return rollout.canary(model, version)


def rollback(rollout: "Rollout", model: _Model) -> "Outcome":
    """Go back to the version that was stable before; again: one further back."""
    return rollout.rollback(model)


def retire(rollout: "Rollout", model: _Model, version: _Version) -> "Outcome":
    """Unload a version that no label names, and delete it."""
    return rollout.retire(model, version)


def _run(
    change: Callable[["Rollout"], "Outcome"],
    model_root: Annotated[
        Path, typer.Option(envvar="DRAGOMAN_MODEL_ROOT", help="Where models were pushed to.")
    ] = Path("models"),
    replica: Annotated[
        list[str],
        typer.Option(
            metavar="HOST:PORT",
            help="A server that follows the model root; repeat it, or give a name that resolves to all of "
            "them.",
        ),
    ] = ["127.0.0.1:8500"],  # noqa: B006 - typer copies it
    offline: Annotated[
        bool, typer.Option("--offline", help="Only write models.config: for servers that are not running.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how models.config would change, and change nothing.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds until every replica must have followed.")
    ] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON document.")] = False,
) -> None:
    """Make a change, and tell of it; these are the options of all four commands."""
    from serving.rollout import Rollout
    from serving.rollout.replicas import resolve

    addresses = [] if offline or dry_run else resolve(replica)
    outcome = change(Rollout(model_root, addresses, timeout, reason, dry_run))
    if as_json:
        print_json({**asdict(outcome), "dry_run": dry_run})
    elif dry_run:
        out.print(outcome.diff or "nothing would change", markup=False)
    else:
        _show(outcome)


def _with_options(change: Callable[..., "Outcome"]) -> Callable[..., None]:
    """A command with the arguments of `change` after its rollout, and the options of `_run`."""
    arguments, options = [
        list(inspect.signature(function).parameters.values())[1:] for function in (change, _run)
    ]

    def command(**given: Any) -> None:
        chosen = {argument.name: given.pop(argument.name) for argument in arguments}
        _run(functools.partial(change, **chosen), **given)

    # What typer reads: the help, the parameters and their types.
    command.__doc__ = change.__doc__
    command.__signature__ = inspect.Signature([*arguments, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in [*arguments, *options]}
    return command


def _show(outcome: "Outcome") -> None:
    before, to = ["none" if one is None else one for one in (outcome.before, outcome.to)]
    err.print(f"{outcome.action} {outcome.model}: {before} → {to} in {outcome.seconds:.2f} s", markup=False)
    for address, why in outcome.behind.items():
        err.print(f"warning: {address} has not followed: {why}", markup=False)
