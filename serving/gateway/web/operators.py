"""What operators see of versions and labels, and do about them. Whatever is done, `serving.rollout` does, as
for the commands: first its dry run, which is shown, and then, if that is still so, the same for good.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from serving import model_config
from serving.errors import RolloutConflictError, RolloutRefusedError, ServingError, UnreachableError
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import GatewaySettings
from serving.model_config import CANARY, STABLE
from serving.rollout import Rollout, RolloutOutcome, lock, overview
from serving.rollout.outcome import consequences
from serving.rollout.replicas import Replica, Replicas, all_states, asked

OperatorAction = Literal["promote", "rollback", "withdraw"]
ACTIONS: tuple[str, ...] = get_args(OperatorAction)
_CHANGES = 50
"""Of the history, the latest."""


@dataclass(frozen=True)
class LabelRequest:
    """What an operator wants done."""

    action: OperatorAction
    model: str
    version: int | None = None
    """Of a promotion."""
    reason: str = ""


@dataclass(frozen=True)
class Operators:
    """The view of one gateway."""

    settings: GatewaySettings
    offers: Offers
    metrics: Metrics

    @cached_property
    def root(self) -> Path | None:
        """The model root that this gateway sees and goes by; None without one."""
        root = self.settings.model_root
        return root if root is not None and not self.settings.models and root.is_dir() else None

    @property
    def _servers(self) -> Replicas:
        return Replicas(self.settings.replicas or (self.settings.address,), self.settings.tls_to_models)

    @property
    def _addresses(self) -> list[str]:
        return [replica.address for replica in self._servers.resolve()]

    def state(self) -> dict[str, Any]:
        """Versions, labels and scores by model, the changes of late (None: nobody sees them here), and the
        traffic of this gateway.

        Raises:
            GatewayError: the model root cannot be read.
        """
        self.offers.refresh()
        with _in_our_words():
            models = list(self._without_root() if self.root is None else self._in_root(self.root))
            history = (
                None if self.root is None else overview.changes_of(self.root, None)[: -_CHANGES - 1 : -1]
            )
        return {
            "root": None if self.root is None else str(self.root),
            "blind": self._blind(),
            "servers": self._addresses if self.root else [],
            "models": models,
            "history": history,
            "traffic": self.metrics.traffic(),
        }

    def plan(self, wanted: LabelRequest) -> dict[str, Any]:
        """What would be done, as the dry run of the command says it, and by which `plan` it is confirmed.

        Raises:
            GatewayError: it cannot be done, for this reason.
        """
        outcome = self._run(wanted, is_dry=True)
        return {
            "plan": _mark(outcome),
            "action": outcome.action,
            "model": outcome.model,
            "from": outcome.before,
            "to": outcome.to,
            "says": [*_in_words(outcome), *consequences(outcome), *self._waits(outcome)],
            "diff": outcome.diff,
        }

    def act(self, wanted: LabelRequest, plan: str, key: str) -> dict[str, Any]:
        """Do what `plan` has said. `key`: the name of the operator's, for the history.

        Raises:
            GatewayError: things are not any more as they were confirmed, or it cannot be done.
        """
        if _mark(self._run(wanted, is_dry=True)) != plan:
            raise GatewayError(
                Fault.NOT_READY, "something has changed since this was shown: nothing was done; look again"
            )
        outcome = self._run(wanted, is_dry=False, who=f"{key} by {lock.who()}")
        self.offers.refresh()
        return {**asdict(outcome), "says": list(consequences(outcome))}

    def _run(self, wanted: LabelRequest, *, is_dry: bool, who: str = "") -> RolloutOutcome:
        if self.root is None:
            raise GatewayError(Fault.UNSUPPORTED, self._blind())
        # As the command: a dry run asks no server.
        names, tls = () if is_dry else self._servers.names, self._servers.tls
        rollout = Rollout(self.root, names, reason=wanted.reason, dry_run=is_dry, who=who, tls=tls)
        with _in_our_words():
            if wanted.action == "promote":
                return rollout.promote(wanted.model, wanted.version)
            if wanted.action == "rollback":
                return rollout.rollback(wanted.model)
            return rollout.withdraw(wanted.model)

    def _blind(self) -> str:
        """Why this gateway sees no model root; empty: it sees one."""
        if self.root is not None:
            return ""
        if self.settings.models:
            why = "its settings name `models` instead of a `model_root`"
        elif self.settings.model_root is None:
            why = "its settings name no `model_root`"
        else:
            why = f"there is no folder {self.settings.model_root.absolute()} here"
        return (
            f"This gateway sees no model root: {why}. So versions are as the model servers tell them, "
            "without scores and history, and labels are moved with `dragoman promote`, where the root is."
        )

    def _waits(self, outcome: RolloutOutcome) -> Iterator[str]:
        if outcome.diff:
            named = ", ".join(self._addresses)
            yield f"models.config in {self.root} is written, and this waits until {named} has followed"

    def _in_root(self, root: Path) -> Iterator[dict[str, Any]]:
        rows = overview.overview(root, None, self._servers.resolve())
        config = model_config.read(root)
        names = list(dict.fromkeys(row["model"] for row in rows))
        apart = {trial.name for name in names if (trial := model_config.find_trial(config, name))}
        for name in names:
            if name in apart:
                continue
            canary = model_config.find_canary(config, name)
            yield {
                "model": name,
                "stable": next((row["version"] for row in rows if _has(row, name, STABLE)), None),
                "canary": None if canary is None else canary.version_labels[CANARY],
                "apart": None if canary is None or canary.name == name else canary.name,
                "versions": [row for row in rows if row["model"] == name],
            }

    def _without_root(self) -> Iterator[dict[str, Any]]:
        routes = self.offers.now.routes
        for model, address in dict.fromkeys((route.model, route.address) for route in routes):
            servers = Replicas([address], self.settings.tls_to_models).resolve()
            states, silent = all_states(servers, model)
            answering = [replica for replica in servers if replica.address in states]
            labels = {label: _labelled(answering, model, label) for label in (STABLE, CANARY)}
            versions = sorted({state.version for of_servable in states.values() for state in of_servable})
            yield {
                "model": model,
                "stable": labels[STABLE],
                "canary": labels[CANARY],
                "apart": None,
                "versions": [
                    {
                        "version": version,
                        "labels": [label for label, to in labels.items() if to == version],
                        "loaded": {
                            **{
                                place: next((state.state for state in said if state.version == version), None)
                                for place, said in states.items()
                            },
                            **dict.fromkeys(silent, overview.UNREACHABLE),
                        },
                    }
                    for version in versions
                ],
                "silent": list(silent),
            }


def _has(row: dict[str, Any], model: str, label: str) -> bool:
    return row["model"] == model and label in row["labels"]


def _labelled(servers: Sequence[Replica], model: str, label: str) -> int | None:
    """The version that a label means to the first of the servers that knows it."""

    def ask(replica: Replica) -> int | None:
        with replica.client(model, label) as client:
            return client.served_version()

    answers = (asked(replica, ask) for replica in servers)
    return next((answer for answer in answers if isinstance(answer, int)), None)


def _mark(outcome: RolloutOutcome) -> str:
    """What tells a plan from every other."""
    plan = [outcome.action, outcome.model, outcome.before, outcome.to, outcome.diff, *consequences(outcome)]
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()


def _in_words(outcome: RolloutOutcome) -> Iterator[str]:
    """What users get who ask by the label."""
    model, before, to = outcome.model, outcome.before, outcome.to
    if outcome.action == "withdraw":
        yield (
            f"Version {before} of {model} loses the label canary: who asks for that label is refused, "
            "our clients with a canary share go on with stable."
        )
    elif not outcome.diff:
        yield f"Nothing would change: stable of {model} is version {to} already."
    elif before == to and outcome.action == "rollback":
        yield f"The rollback of {model} to version {to}, which was cut short, is completed."
    elif before is None:
        yield f"Users of {model} (label stable) get version {to}; none was stable before."
    else:
        yield f"Users of {model} (label stable) get version {to} instead of {before}."


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (RolloutRefusedError, RolloutConflictError) as error:
        raise GatewayError(Fault.NOT_READY, str(error)) from error
    except UnreachableError as error:
        raise GatewayError(Fault.UNAVAILABLE, str(error)) from error
    except GatewayError:
        raise
    except ServingError as error:
        raise GatewayError(Fault.FAILED, str(error)) from error
