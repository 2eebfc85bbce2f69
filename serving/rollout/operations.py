"""promote, canary, rollback, retire: each leaves `stable` with a loaded version at every moment.

Killed between the steps, models.config holds one version more than it needs and the labels of before: a
consistent state that the next operation starts from. So the file itself
is the journal, and nothing has to be repaired.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.model_config import CANARY, STABLE
from serving.rollout import disk, history, plan, replicas
from serving.rollout.lock import exclusive
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig


@dataclass(frozen=True)
class Outcome:
    """What was changed, or with `dry_run` would be."""

    model: str
    action: history.Action
    before: int | None
    to: int | None
    diff: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Rollout:
    """A model root and the replicas that follow it; no replica: only the file is written."""

    model_root: Path
    replicas: Sequence[str] = ()
    timeout: float = 120.0
    reason: str = ""
    dry_run: bool = False

    def promote(self, model: str, version: int | None = None) -> Outcome:
        """`stable` to a version, the newest complete one if None; what was stable stays loaded."""
        with exclusive(self.model_root, f"promote {model}"):
            chosen = self._newest(model) if version is None else version
            return self._move("promote", model, STABLE, chosen)

    def canary(self, model: str, version: int) -> Outcome:
        """`canary` to a version."""
        with exclusive(self.model_root, f"canary {model}"):
            return self._move("canary", model, CANARY, version)

    def rollback(self, model: str) -> Outcome:
        """`stable` to the version that was stable before; twice in a row goes two back."""
        with exclusive(self.model_root, f"rollback {model}"):
            part = model_config.find(model_config.read(self.model_root), model)
            if part is None or STABLE not in part.version_labels:
                raise RolloutRefusedError(
                    f"{model} has no stable version to roll back from: promote one first"
                )
            current = part.version_labels[STABLE]
            there = disk.versions(self.model_root, model)
            before = history.stable_before(self.model_root, model, current)
            if not before:
                raise RolloutRefusedError(
                    f"no version of {model} was stable before {current}: promote one by number"
                )
            if before[0] not in there:
                raise RolloutRefusedError(
                    f"version {before[0]} of {model} was stable before {current} but is not on disk: "
                    "promote one by number"
                )
            return self._move("rollback", model, STABLE, before[0])

    def retire(self, model: str, version: int) -> Outcome:
        """Unload a version that has no label and delete it."""
        with exclusive(self.model_root, f"retire {model}"):
            started = time.monotonic()
            folder = disk.require(self.model_root, model, version)
            config = model_config.read(self.model_root)
            part = model_config.find(config, model)
            self._refuse_retiring(part, model, version)
            after = config
            if config is not None and version in plan.listed(part):
                after = plan.label(config, model, {}, set(plan.listed(part)) - {version})
            diff = self._diff(config, after)
            if not self.dry_run:
                if after is not None and after is not config:
                    model_config.write(self.model_root, after)
                    replicas.wait_until_unloaded(self.replicas, model, version, started + self.timeout)
                disk.remove(folder)
                self._record("retire", model, version, None)
            return Outcome(model, "retire", version, None, diff, time.monotonic() - started)

    def _newest(self, model: str) -> int:
        there = disk.versions(self.model_root, model)
        if not there:
            raise RolloutRefusedError(f"{self.model_root / model} holds no complete version: push one first")
        return max(there)

    def _refuse_retiring(self, part: ModelConfig | None, model: str, version: int) -> None:
        labels = sorted(name for name, to in (part.version_labels if part else {}).items() if to == version)
        if labels:
            raise RolloutRefusedError(
                f"version {version} of {model} is {', '.join(labels)}: move the label first"
            )
        if part is not None and STABLE not in part.version_labels:
            raise RolloutRefusedError(f"{model} has no stable version: promote one before retiring others")

    def _move(self, action: history.Action, model: str, name: str, version: int) -> Outcome:
        started = time.monotonic()
        disk.require(self.model_root, model, version)
        old = model_config.read(self.model_root)
        part = model_config.find(old, model)
        before = None if part is None else dict(part.version_labels).get(name)
        keep = self._kept(action, model, part, version)
        loading = plan.load(old, self.model_root, model, [version])
        labelled = plan.label(loading, model, {name: version}, keep)
        diff = self._diff(old, labelled)
        if not self.dry_run:
            end = started + self.timeout
            self._load(old, loading, model, version, end)
            if before != version:
                # Before the label moves: a kill in between must not lose what a rollback goes back to.
                self._record(action, model, before, version)
            model_config.write(self.model_root, labelled)
            replicas.wait_until_labelled(self.replicas, model, name, version, end)
        return Outcome(model, action, before, version, diff, time.monotonic() - started)

    def _kept(self, action: history.Action, model: str, part: ModelConfig | None, version: int) -> set[int]:
        """Loaded beside the labelled ones: what a rollback would go back to, and what it came from."""
        there = disk.versions(self.model_root, model)
        stable = None if part is None else dict(part.version_labels).get(STABLE)
        before = history.stable_before(
            self.model_root, model, version if action != "canary" else stable or 0
        )[:1]
        moving = [] if action == "canary" or stable is None or stable == version else [stable]
        return {one for one in [*before, *moving] if one in there}

    def _load(
        self, old: ModelServerConfig | None, loading: ModelServerConfig, model: str, version: int, end: float
    ) -> None:
        """Step 1; what was there before is put back when a replica cannot take the version."""
        for address in self.replicas:
            replicas.states(address, model)  # who does not answer now would keep us waiting for nothing
        if loading != old:
            model_config.write(self.model_root, loading)
        try:
            replicas.wait_until_loaded(self.replicas, model, version, end)
        except BaseException:
            if old is None:
                (self.model_root / model_config.FILE_NAME).unlink(missing_ok=True)
            elif loading != old:
                model_config.write(self.model_root, old)
            raise

    def _record(self, action: history.Action, model: str, before: int | None, to: int | None) -> None:
        change = history.Change(model=model, action=action, before=before, to=to, why=self.reason)
        history.append(self.model_root, change)

    def _diff(self, old: ModelServerConfig | None, new: ModelServerConfig | None) -> str:
        texts = ["" if one is None else model_config.as_text(one) for one in (old, new)]
        before, after = [text.splitlines(keepends=True) for text in texts]
        return "".join(difflib.unified_diff(before, after, "models.config", "models.config (new)"))
