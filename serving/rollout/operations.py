"""promote, canary, withdraw, rollback, retire: each leaves `stable` with a loaded version at every moment.

Killed between the steps, models.config holds one version more than it needs and the labels of before: a
consistent state that the next operation starts from. So the file itself is the journal, and nothing has to
be repaired.
"""

from __future__ import annotations

import contextlib
import difflib
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from serving import model_config
from serving.errors import RolloutRefusedError, UnreachableError
from serving.model_config import CANARY, STABLE
from serving.rollout import disk, history, plan, replicas
from serving.rollout.lock import exclusive
from serving.rollout.replicas import Behind
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig

_POLLED = 2.0  # seconds in which every server has read models.config again
Move = Literal["promote", "canary", "rollback"]


@dataclass(frozen=True)
class Outcome:
    """What was changed, or with `dry_run` would be."""

    model: str
    action: history.Action
    before: int | None
    to: int | None
    diff: str
    seconds: float = 0.0
    followed: dict[str, float] = field(default_factory=dict)
    """Seconds after the label was written in which each replica answered by it."""
    behind: dict[str, str] = field(default_factory=dict)
    """After a rollback or a withdrawal: the replicas that have not followed, and why."""


@dataclass(frozen=True)
class Rollout:
    """A model root and the replicas that follow it, by address or by a name that stands for several; none:
    only the file is written.

    Every operation raises RolloutRefusedError or UnreachableError, and has then changed nothing or put it
    back, unless the message says what stands; RolloutConflictError while another one runs.
    """

    model_root: Path
    replicas: Sequence[str] = ()
    timeout: float = 120.0
    """Seconds."""
    reason: str = ""
    dry_run: bool = False

    def promote(self, model: str, version: int | None = None) -> Outcome:
        """`stable` to a version, the newest complete one if None; what was stable stays loaded."""
        with self._alone(f"promote {model}"):
            chosen = self._newest(model) if version is None else version
            return self._move("promote", model, STABLE, chosen)

    def canary(self, model: str, version: int) -> Outcome:
        """`canary` to a version."""
        with self._alone(f"canary {model}"):
            return self._move("canary", model, CANARY, version)

    def withdraw(self, model: str, version: int | None = None) -> Outcome:
        """Take the label `canary` away, from that version alone if one is given.

        Replicas that do not answer do not hold it up, as in a rollback.
        """
        with self._alone(f"withdraw the canary of {model}"):
            started = time.monotonic()
            old = model_config.read(self.model_root)
            part = model_config.find(old, model)
            self._refuse_copy(part)
            labels = {} if part is None else dict(part.version_labels)
            current = labels.get(CANARY)
            if current is None:
                raise RolloutRefusedError(f"{model} has no canary: nothing to take away")
            if version not in (None, current):
                raise RolloutRefusedError(
                    f"the canary of {model} is {current}, not {version}: nothing to take away"
                )
            kept = self._kept("canary", model, part, current)
            after = plan.unlabel(old, model, CANARY, kept if STABLE in labels else {*kept, current})
            waited = replicas.Waited({}, {})
            if not self.dry_run:
                self._record("withdraw", model, current, None, self.reason)
                model_config.write(self.model_root, after)
                waited = replicas.until_labelled(
                    self.replicas, model, CANARY, None, started + self.timeout, patient=False
                )
                if waited.behind and not waited.held:
                    raise UnreachableError(
                        f"models.config no longer names a canary of {model}, but no replica has followed: "
                        f"{'; '.join(_why(waited.behind).values())}"
                    )
            seconds = time.monotonic() - started
            return Outcome(
                model, "withdraw", current, None, _diff(old, after), seconds, waited.held, _why(waited.behind)
            )

    def rollback(self, model: str) -> Outcome:
        """`stable` to the version that was stable before; twice in a row goes two back.

        Replicas that do not answer do not hold it up: they find it in models.config when they come back.
        """
        with self._alone(f"rollback {model}"):
            return self._move("rollback", model, STABLE, self._before(model))

    def retire(self, model: str, version: int) -> Outcome:
        """Unload a version that has no label, everywhere, and delete it."""
        with self._alone(f"retire {model}"):
            started = time.monotonic()
            folder = disk.require(self.model_root, model, version)
            config = model_config.read(self.model_root)
            part = model_config.find(config, model)
            self._refuse_copy(part)
            self._refuse_retiring(part, model, version)
            after = config
            if config is not None and version in plan.listed(part):
                after = plan.label(config, model, {}, set(plan.listed(part)) - {version})
            diff = f"{_diff(config, after)}delete {folder}\n"
            if not self.dry_run:
                self._require_all(model)
                if after is not None and after is not config:
                    model_config.write(self.model_root, after)
                behind = replicas.until_unloaded(self.replicas, model, version, started + self.timeout).behind
                if behind:
                    raise RolloutRefusedError(
                        f"version {version} of {model} is not deleted, since it may still be loaded on "
                        f"{_listed(behind)}: retire it again when they have followed"
                    )
                self._record("retire", model, version, None, self.reason)
                disk.remove(folder)
            return Outcome(model, "retire", version, None, diff, time.monotonic() - started)

    def _alone(self, action: str) -> AbstractContextManager[None]:
        """A dry run takes no lock: it writes nothing, also where it may not."""
        return contextlib.nullcontext() if self.dry_run else exclusive(self.model_root, action)

    def _newest(self, model: str) -> int:
        there = disk.versions(self.model_root, model)
        if not there:
            raise RolloutRefusedError(disk.unknown(self.model_root, model))
        return max(there)

    def _before(self, model: str) -> int:
        """What a rollback goes to."""
        part = model_config.find(model_config.read(self.model_root), model)
        if part is None or STABLE not in part.version_labels:
            raise RolloutRefusedError(f"{model} has no stable version to roll back from: promote one first")
        current = part.version_labels[STABLE]
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

    def _refuse_copy(self, part: ModelConfig | None) -> None:
        """A folder that is not there may be there for the servers, under another mount."""
        other = None if part is None else model_config.elsewhere(part, self.model_root)
        if part is not None and other is not None and other.is_dir():
            raise RolloutRefusedError(
                f"models.config in {self.model_root} has servers read {part.name} from {other}: give "
                f"--model-root {other.parent}, or correct the base_path if this root is to be one of its own"
            )

    def _refuse_retiring(self, part: ModelConfig | None, model: str, version: int) -> None:
        labels = sorted(name for name, to in (part.version_labels if part else {}).items() if to == version)
        if labels:
            raise RolloutRefusedError(
                f"version {version} of {model} is {', '.join(labels)}: move the label first"
            )
        if part is not None and STABLE not in part.version_labels:
            raise RolloutRefusedError(f"{model} has no stable version: promote one before retiring others")

    def _move(self, action: Move, model: str, label: str, version: int) -> Outcome:
        started = time.monotonic()
        disk.require(self.model_root, model, version)
        old = model_config.read(self.model_root)
        part = model_config.find(old, model)
        if action != "rollback":  # Nothing that may be wrong here must stand in the way of one.
            self._refuse_copy(part)
        before = None if part is None else dict(part.version_labels).get(label)
        loading = plan.load(old, self.model_root, model, [version])
        labelled = plan.label(loading, model, {label: version}, self._kept(action, model, part, version))
        diff = _diff(old, labelled)
        behind: Behind = {}
        held: dict[str, float] = {}
        if not self.dry_run:
            end = started + self.timeout
            behind = self._load(action, old, loading, model, version, end)
            stands = False
            try:
                if before != version:
                    # Before the label moves: a kill in between must not lose what a rollback goes back to.
                    self._record(action, model, before, version, self.reason)
                model_config.write(self.model_root, labelled)
                stands = action == "rollback"
                left = replicas.without_slow(behind)
                waited = replicas.until_labelled(
                    self.replicas, model, label, version, end, patient=action != "rollback", without=left
                )
                behind, held = left | waited.behind, waited.held
                self._judge(action, model, label, version, behind, none=not held)
            except BaseException as error:
                if not stands:
                    self._put_back(old)
                    self._record_put_back(model, version, before, error)
                raise
        seconds = time.monotonic() - started
        return Outcome(model, action, before, version, diff, seconds, held, _why(behind))

    def _judge(
        self, action: Move, model: str, label: str, version: int, behind: Behind, *, none: bool
    ) -> None:
        """The label was written: what it means that some, or all, have not followed."""
        if action != "rollback":
            if behind:
                raise RolloutRefusedError(
                    f"{label} of {model} did not become {version} on {_listed(behind)} within "
                    f"{self.timeout:g} s; put back as it was"
                )
        elif behind and none:
            raise UnreachableError(
                f"the rollback of {model} to {version} stands in models.config, but no replica has followed: "
                f"{_listed(behind)}"
            )

    def _kept(self, action: Move, model: str, part: ModelConfig | None, version: int) -> set[int]:
        """Loaded beside the labelled ones: what a rollback would go back to, and what it came from."""
        there = disk.versions(self.model_root, model)
        stable = None if part is None else dict(part.version_labels).get(STABLE)
        after = stable if action == "canary" else version
        before = [] if after is None else history.stable_before(self.model_root, model, after)[:1]
        moving = [] if action == "canary" or stable is None else [stable]
        return {one for one in [*before, *moving] if one in there}

    def _load(
        self,
        action: Move,
        old: ModelServerConfig | None,
        loading: ModelServerConfig,
        model: str,
        version: int,
        end: float,
    ) -> Behind:
        """Step 1; what was there before is put back when it cannot be done. A rollback leaves some behind."""
        rollback = action == "rollback"
        seen, behind = replicas.all_states(self.replicas, model, patient=not rollback)
        if rollback and not seen:
            seen, behind = replicas.all_states(self.replicas, model)
        self._refuse_silent(behind, some=rollback and bool(seen))
        try:
            if old is not None and replicas.failed(seen, version):
                # A server tries a version again only after a configuration without it.
                without = set(plan.listed(model_config.find(old, model))) - {version}
                model_config.write(self.model_root, plan.label(old, model, {}, without))
                time.sleep(_POLLED)
            if loading != old:
                model_config.write(self.model_root, loading)
            waited = replicas.until_loaded(
                self.replicas, seen, model, version, end, patient=not rollback, without=behind
            )
            late = waited.behind
            if late and not (rollback and waited.held):
                raise RolloutRefusedError(
                    f"version {version} of {model} was not loaded within {self.timeout:g} s on "
                    f"{_listed(late)}; put back as it was"
                )
        except BaseException:
            self._put_back(old)
            raise
        return behind | late

    def _require_all(self, model: str) -> None:
        _, silent = replicas.all_states(self.replicas, model)
        self._refuse_silent(silent, some=False)

    def _refuse_silent(self, silent: Behind, *, some: bool) -> None:
        if silent and not some:
            raise UnreachableError(
                f"nothing was changed: {'; '.join(map(str, silent.values()))} "
                "(--offline writes models.config for servers that do not run)"
            )

    def _put_back(self, old: ModelServerConfig | None) -> None:
        try:
            if model_config.read(self.model_root) == old:
                return
            if old is None:
                model_config.remove(self.model_root)
            else:
                model_config.write(self.model_root, old)
        except RolloutRefusedError as error:
            raise RolloutRefusedError(
                f"{error}; what it was before could not be put back either: see `dragoman versions`"
            ) from error

    def _record_put_back(self, model: str, version: int, before: int | None, error: BaseException) -> None:
        if before != version:
            # Without the line, too, a rollback passes over a change that was not made.
            with contextlib.suppress(RolloutRefusedError):
                self._record("put back", model, version, before, str(error) or type(error).__name__)

    def _record(
        self, action: history.Action, model: str, before: int | None, to: int | None, why: str
    ) -> None:
        history.append(
            self.model_root, history.Change(model=model, action=action, before=before, to=to, why=why)
        )


def _why(behind: Behind) -> dict[str, str]:
    return {address: str(error) for address, error in behind.items()}


def _listed(behind: Behind) -> str:
    return ", ".join(behind)


def _diff(old: ModelServerConfig | None, new: ModelServerConfig | None) -> str:
    before, after = ["" if one is None else model_config.as_text(one) for one in (old, new)]
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            "models.config",
            "models.config (new)",
        )
    )
