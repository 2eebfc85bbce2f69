"""promote, canary, withdraw, rollback, retire: each leaves `stable` with a loaded version at every moment.

Killed between the steps, models.config holds one version more than it needs, and the labels of before or of
after: a consistent state that the next operation starts from. So the file itself is the journal, and nothing
has to be repaired; a rollback that was killed before its last step is completed by the next one.
"""

from __future__ import annotations

import contextlib
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from serving import model_config
from serving.errors import RolloutRefusedError, UnreachableError
from serving.model_config import CANARY, STABLE
from serving.rollout import disk, history, plan, replicas
from serving.rollout.lock import exclusive
from serving.rollout.move import Move, kept, unlabelled
from serving.rollout.outcome import RolloutOutcome, listed, reasons
from serving.rollout.replicas import Waited
from serving.rollout.site import Site, refuse_silent
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig


@dataclass(frozen=True)
class Rollout(Site):
    """The operations on a model root and the replicas that follow it.

    Every operation raises RolloutRefusedError or UnreachableError, and has then changed nothing or put it
    back, unless the message says what stands; RolloutConflictError while another one runs.
    """

    def promote(self, model: str, version: int | None = None) -> RolloutOutcome:
        """`stable` to a version, the newest complete one if None; what was stable stays loaded if older."""
        with self._alone(f"promote {model}"):
            chosen = self._newest(model) if version is None else version
            return Move(self, "promote", model, STABLE, chosen, model).run()

    def canary(self, model: str, version: int, *, apart: bool = False) -> RolloutOutcome:
        """`canary` to a version. Where that is newer than `stable`, clients that name neither label nor
        version get it, too; not if it is `apart`, under a name of its own (`model_config.trial_name`)."""
        servable = model_config.trial_name(model) if apart else model
        with self._alone(f"canary {model}"):
            self._refuse_other_name(model, servable)
            return Move(self, "canary", model, CANARY, version, servable).run()

    def withdraw(self, model: str, version: int | None = None) -> RolloutOutcome:
        """End the trial of a canary, of that version alone if one is given.

        Replicas that do not answer do not hold it up, as in a rollback.
        """
        with self._alone(f"withdraw the canary of {model}"):
            started = time.monotonic()
            old = model_config.read(self.model_root)
            part = self._canary(old, model, version)
            current = part.version_labels[CANARY]
            after = self._withdrawn(old, model, part)
            newest = plan.newest(model_config.find_model(after, model))
            diff = self.planned(old, after)
            waited = alike = Waited({}, {})
            if not self.dry_run:
                end = started + self.timeout
                self.record("withdraw", model, (current, None), after)
                model_config.write(self.model_root, after)
                waited = self._until_withdrawn(model, part.name, end)
            seconds = time.monotonic() - started
            if not self.dry_run and newest != plan.newest(model_config.find_model(old, model)):
                alike = unlabelled(self, model, newest, started, end, waited.behind)
            behind = reasons(waited.behind | alike.behind)
            return RolloutOutcome(
                model,
                "withdraw",
                current,
                None,
                diff,
                seconds,
                waited.held,
                behind,
                servable=part.name,
                newest=newest,
                unlabelled=alike.held,
            )

    def rollback(self, model: str) -> RolloutOutcome:
        """`stable` to the version that was stable before, and nothing newer stays loaded; twice in a row goes
        two back. One that was cut short is completed first.

        Replicas that do not answer do not hold it up: they find it in models.config when they come back.
        """
        with self._alone(f"rollback {model}"):
            return Move(self, "rollback", model, STABLE, self._before(model), model).run()

    def retire(self, model: str, version: int) -> RolloutOutcome:
        """Unload a version that has no label, everywhere, and delete it."""
        with self._alone(f"retire {model}"):
            started = time.monotonic()
            folder = disk.require(self.model_root, model, version)
            config = model_config.read(self.model_root)
            part = model_config.find_model(config, model)
            self.refuse_copy(part)
            self._refuse_retiring(config, model, version)
            after = config
            if config is not None and version in plan.listed(part):
                after = plan.label(config, model, {}, set(plan.listed(part)) - {version})
            diff = f"{self.planned(config, after)}delete {folder}\n"
            if not self.dry_run:
                refuse_silent(replicas.all_states(self.replicas.resolve(), model)[1])
                if after is not None and after is not config:
                    model_config.write(self.model_root, after)
                behind = replicas.until_unloaded(self.replicas, model, version, started + self.timeout).behind
                if behind:
                    raise RolloutRefusedError(
                        f"version {version} of {model} is not deleted, since it may still be loaded on "
                        f"{listed(behind)}: retire it again when they have followed"
                    )
                self.record("retire", model, (version, None), after)
                disk.remove(folder)
            return RolloutOutcome(model, "retire", version, None, diff, time.monotonic() - started)

    def _alone(self, action: str) -> AbstractContextManager[None]:
        """A dry run takes no lock: it writes nothing, also where it may not."""
        return contextlib.nullcontext() if self.dry_run else exclusive(self.model_root, action)

    def _newest(self, model: str) -> int:
        on_disk = disk.versions(self.model_root, model)
        if not on_disk:
            raise RolloutRefusedError(disk.unknown(self.model_root, model))
        return max(on_disk)

    def _before(self, model: str) -> int:
        """What a rollback goes to: where the one before was cut short, the version that it went to."""
        part = model_config.find_model(model_config.read(self.model_root), model)
        if part is None or STABLE not in part.version_labels:
            raise RolloutRefusedError(f"{model} has no stable version to roll back from: promote one first")
        current = part.version_labels[STABLE]
        if plan.newer(part) and history.unfinished(self.model_root, model, current):
            return current
        before = history.stable_before(self.model_root, model, current)
        if not before:
            raise RolloutRefusedError(
                f"no version of {model} was stable before {current}: promote one by number"
            )
        if before[0] not in disk.versions(self.model_root, model):
            raise RolloutRefusedError(
                f"version {before[0]} of {model} was stable before {current} but is not on disk: "
                "promote one by number"
            )
        return before[0]

    def _refuse_other_name(self, model: str, servable: str) -> None:
        config = model_config.read(self.model_root)
        canary = model_config.find_canary(config, model)
        if canary is not None and canary.name != servable:
            raise RolloutRefusedError(
                f"{model} has a canary under the servable name {canary.name}: end that trial first, with "
                f"`dragoman canary {model} none`"
            )
        if servable != model and (
            disk.versions(self.model_root, servable)
            or (model_config.find_model(config, servable) and not model_config.find_trial(config, model))
        ):
            raise RolloutRefusedError(
                f"the canary of {model} would be served as {servable}, which is a model of its own: have it "
                "under the model's name"
            )

    def _canary(self, config: ModelServerConfig | None, model: str, version: int | None) -> ModelConfig:
        """The part that has the model's canary, of that version alone if one is given."""
        part = model_config.find_canary(config, model)
        self.refuse_copy(model_config.find_model(config, model))
        if part is None:
            raise RolloutRefusedError(f"{model} has no canary: nothing to take away")
        current = part.version_labels[CANARY]
        if version not in (None, current):
            raise RolloutRefusedError(
                f"the canary of {model} is {current}, not {version}: nothing to take away"
            )
        return part

    def _withdrawn(self, old: ModelServerConfig | None, model: str, part: ModelConfig) -> ModelServerConfig:
        """Without the canary; a model of which no version is stable keeps the version that was it."""
        current = part.version_labels[CANARY]
        assert old is not None, "it has a canary"
        after = plan.end_trial(old, model, [current])
        if part.name != model:
            return after
        stable = dict(part.version_labels).get(STABLE)
        return plan.label(
            after, model, {}, {current} if stable is None else kept(self, model, stable, stable)
        )

    def _until_withdrawn(self, model: str, servable: str, end: float) -> Waited:
        waited = replicas.until_labelled(self.replicas, servable, CANARY, None, end, patient=False)
        if waited.behind and not waited.held:
            raise UnreachableError(
                f"models.config no longer names a canary of {model}, but no replica has followed: "
                f"{'; '.join(reasons(waited.behind).values())}"
            )
        return waited

    def _refuse_retiring(self, config: ModelServerConfig | None, model: str, version: int) -> None:
        part, trial = model_config.find_model(config, model), model_config.find_trial(config, model)
        labels = [label for entry in (part, trial) for label, to in plan.labels(entry) if to == version]
        if labels:
            raise RolloutRefusedError(
                f"version {version} of {model} is {', '.join(sorted(labels))}: move the label first"
            )
        if part is not None and STABLE not in part.version_labels:
            raise RolloutRefusedError(f"{model} has no stable version: promote one before retiring others")
