"""What a rollout has changed, and when which clients were reached."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field

from serving import model_config
from serving.rollout import history
from serving.rollout.replicas import Behind
from serving.wire.model_server_config_pb2 import ModelServerConfig


@dataclass(frozen=True)
class RolloutOutcome:
    """What was changed, or with `dry_run` would be."""

    model: str
    action: history.Action
    before: int | None
    to: int | None
    diff: str
    seconds: float = 0.0
    """From the beginning until the label had moved, everywhere."""
    followed: dict[str, float] = field(default_factory=dict)
    """Seconds after the label was written in which each replica answered by it."""
    behind: dict[str, str] = field(default_factory=dict)
    """After a rollback or a withdrawal: the replicas that have not followed, and why."""
    servable: str = ""
    """The name that clients give: the model's, or that of a canary which is apart."""
    newest: int | None = None
    """What clients that name neither label nor version get: the newest version that models.config lists."""
    unlabelled: dict[str, float] = field(default_factory=dict)
    """Seconds from the beginning until each replica answered such clients by `newest`; empty where that had
    not changed."""
    unloaded: tuple[int, ...] = ()
    """Versions newer than `stable` that were unloaded: no client gets them any more, nor by their number."""


def consequences(outcome: RolloutOutcome) -> Iterator[str]:
    """What becomes of clients that do not ask by the label, a line each; also of a dry run."""
    model, to, newest = outcome.model, outcome.to, outcome.newest
    if outcome.unloaded:
        gone = ", ".join(map(str, outcome.unloaded))
        again = outcome.before if outcome.before in outcome.unloaded else outcome.unloaded[-1]
        yield (
            f"not loaded any more: {gone}; who asks for it by number gets NOT_FOUND (`dragoman promote "
            f"{model} {again}` loads it again, --keep-loaded keeps it)"
        )
    if outcome.action == "canary" and outcome.servable != model:
        yield f"the trial's clients ask for the model {outcome.servable}, label canary; nobody else gets {to}"
    elif outcome.action == "canary" and newest == to:
        yield (
            f"warning: clients that name neither label nor version get {to}, all of them, as the newest that "
            f"is loaded; where there are any: `dragoman canary {model} none`, then "
            f"`dragoman canary {model} {to} --apart`"
        )
    elif to is not None and newest is not None and newest > to:
        yield f"warning: clients that name neither label nor version get {newest}, which stays loaded"


def reasons(behind: Behind) -> dict[str, str]:
    """Why each replica has not followed, in words."""
    return {address: str(error) for address, error in behind.items()}


def listed(behind: Behind) -> str:
    """The replicas that have not followed."""
    return ", ".join(behind)


def difference(old: ModelServerConfig | None, new: ModelServerConfig | None) -> str:
    """From one models.config to the next, as `diff -u` writes it."""
    before, after = ["" if config is None else model_config.as_text(config) for config in (old, new)]
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            "models.config",
            "models.config (new)",
        )
    )
