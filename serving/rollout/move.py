"""One move of a label, in up to three steps: the version is loaded, the label moves, and what is newer than
`stable` is unloaded, since clients that name neither label nor version get the newest that is loaded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from serving import model_config
from serving.errors import RolloutRefusedError, ServingError, UnreachableError
from serving.model_config import CANARY, STABLE
from serving.rollout import disk, history, plan, replicas
from serving.rollout.outcome import RolloutOutcome, listed, reasons
from serving.rollout.replicas import Behind, Waited
from serving.rollout.site import Site, refuse_silent
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig

_POLLED = 2.0  # seconds in which every server has read models.config again
_UNLOADED = 10.0  # seconds that replicas have at least to answer clients without a label as they should
MoveAction = Literal["promote", "canary", "rollback"]


@dataclass(frozen=True)
class _Steps:
    """models.config as it was, and after each step; the label's version of before."""

    old: ModelServerConfig | None
    loading: ModelServerConfig
    labelled: ModelServerConfig
    settled: ModelServerConfig
    before: int | None


@dataclass(frozen=True)
class Move:
    """A label of a model to a version; `servable` is the name that clients give.

    A failed promotion or canary is put back; a rollback stands once the label is written, for it is the safer
    state.
    """

    site: Site
    action: MoveAction
    model: str
    label: str
    version: int
    servable: str

    def run(self) -> RolloutOutcome:
        """Go through the steps.

        Raises:
            RolloutRefusedError, UnreachableError: as `Rollout` says.
        """
        started = time.monotonic()
        steps = self._steps()
        outcome = RolloutOutcome(
            self.model,
            self.action,
            steps.before,
            self.version,
            self.site.planned(steps.old, steps.settled),
            servable=self.servable,
            newest=plan.newest(model_config.find_model(steps.settled, self.model)),
            unloaded=self._unloaded(steps),
        )
        if self.site.dry_run:
            return outcome
        end = started + self.site.timeout
        loaded = self._load(steps, started, end)
        moved = self._label(steps, loaded.behind, end)
        seconds = time.monotonic() - started
        settled = self._settle(steps, loaded, moved, outcome, started, end)
        behind = reasons(moved.behind | settled.behind)
        return replace(outcome, seconds=seconds, followed=moved.held, behind=behind, unlabelled=settled.held)

    @property
    def _is_rollback(self) -> bool:
        return self.action == "rollback"

    def _steps(self) -> _Steps:
        folder = disk.require(self.site.model_root, self.model, self.version).parent
        old = model_config.read(self.site.model_root)
        part = model_config.find_model(old, self.servable)
        if not self._is_rollback:  # Nothing that may be wrong here must stand in the way of one.
            self.site.refuse_copy(model_config.find_model(old, self.model))
        before = None if part is None else dict(part.version_labels).get(self.label)
        loading = plan.load(old, folder, self.servable, [self.version])
        settles = self.label == STABLE and not self.site.keep_loaded
        newer = (
            {version for version in plan.listed(part) if version > self.version} if settles else set[int]()
        )
        kept = self._kept(part) | newer  # What is newer goes when the label has moved everywhere.
        ended = plan.end_trial(loading, self.model, newer) if self._is_rollback else loading
        labelled = plan.label(ended, self.servable, {self.label: self.version}, kept)
        settled = plan.settle(labelled, self.model) if settles else labelled
        return _Steps(old, loading, labelled, settled, before)

    def _kept(self, part: ModelConfig | None) -> set[int]:
        if self.servable != self.model:
            return set()
        stable = None if part is None else dict(part.version_labels).get(STABLE)
        return kept(self.site, self.model, stable, stable if self.label == CANARY else self.version)

    def _unloaded(self, steps: _Steps) -> tuple[int, ...]:
        if self.label != STABLE:
            return ()
        left = plan.listed(model_config.find_model(steps.settled, self.model))
        had = plan.listed(model_config.find_model(steps.loading, self.model))
        return tuple(version for version in had if version > self.version and version not in left)

    def _load(self, steps: _Steps, started: float, end: float) -> Waited:
        """Step 1; what was there before is put back when it cannot be done. A rollback leaves some behind.

        Returns when, in seconds from `started`, each replica had it loaded.
        """
        root, servers = self.site.model_root, self.site.replicas
        seen, silent = replicas.all_states(servers.resolve(), self.servable, patient=not self._is_rollback)
        if self._is_rollback and not seen:
            seen, silent = replicas.all_states(servers.resolve(), self.servable)
        if not (self._is_rollback and seen):
            refuse_silent(silent)
        with self._put_back_on_failure(steps):
            if steps.old is not None and replicas.failed(seen, self.version):
                # A server tries a version again only after a configuration without it.
                part = model_config.find_model(steps.old, self.servable)
                without = set(plan.listed(part)) - {self.version}
                model_config.write(root, plan.label(steps.old, self.servable, {}, without))
                time.sleep(_POLLED)
            if model_config.read(root) != steps.loading:
                model_config.write(root, steps.loading)
            begun = time.monotonic() - started
            waited = replicas.until_loaded(
                servers,
                seen,
                self.servable,
                self.version,
                end,
                patient=not self._is_rollback,
                without=silent,
            )
            if waited.behind and not (self._is_rollback and waited.held):
                raise RolloutRefusedError(
                    f"version {self.version} of {self.model} was not loaded within {self.site.timeout:g} s "
                    f"on {listed(waited.behind)}; put back as it was"
                )
        held = {address: begun + seconds for address, seconds in waited.held.items()}
        return Waited(held, silent | waited.behind)

    def _label(self, steps: _Steps, behind: Behind, end: float) -> Waited:
        """Step 2: the label is written, and followed by all; a rollback stands from then on."""
        with self._put_back_on_failure(steps, recorded=True):
            self._record(steps)
            model_config.write(self.site.model_root, steps.labelled)
            if not self._is_rollback:
                return self._followed(behind, end)
        return self._followed(behind, end)

    def _record(self, steps: _Steps) -> None:
        """Before the label moves: a kill in between must not lose what a rollback goes back to."""
        if self._is_rollback:
            trial = model_config.find_canary(steps.old, self.model)
            if trial is not None and model_config.find_canary(steps.labelled, self.model) is None:
                ended, why = trial.version_labels[CANARY], f"newer than {self.version}, rolled back to"
                self.site.record("withdraw", self.model, (ended, None), steps.labelled, why)
        if steps.before != self.version:
            keep = self.site.keep_loaded if self._is_rollback else None
            moved = (steps.before, self.version)
            self.site.record(self.action, self.model, moved, steps.settled, keep_loaded=keep)

    def _followed(self, behind: Behind, end: float) -> Waited:
        """Wait until requests with the label are answered by the version, and judge what that means."""
        left = replicas.without_slow(behind)
        waited = replicas.until_labelled(
            self.site.replicas,
            self.servable,
            self.label,
            self.version,
            end,
            patient=not self._is_rollback,
            without=left,
        )
        late = left | waited.behind
        if late and not self._is_rollback:
            raise RolloutRefusedError(
                f"{self.label} of {self.model} did not become {self.version} on {listed(late)} within "
                f"{self.site.timeout:g} s; put back as it was"
            )
        if late and not waited.held:
            raise UnreachableError(
                f"the rollback of {self.model} to {self.version} stands in models.config, but no replica has "
                f"followed: {listed(late)}"
            )
        return Waited(waited.held, late)

    def _settle(
        self,
        steps: _Steps,
        loaded: Waited,
        moved: Waited,
        outcome: RolloutOutcome,
        started: float,
        end: float,
    ) -> Waited:
        """Step 3: nothing newer than `stable` stays loaded; when clients without a label were reached."""
        if steps.settled == steps.labelled:
            changed = outcome.newest != plan.newest(model_config.find_model(steps.old, self.model))
            reached = self.servable == self.model and changed and outcome.newest == self.version
            return Waited(loaded.held if reached else {}, {})
        try:
            model_config.write(self.site.model_root, steps.settled)
        except RolloutRefusedError as error:
            raise RolloutRefusedError(
                f"{self.label} of {self.model} is {self.version}, but clients that name no label still get "
                f"{outcome.unloaded[-1]}: {error}; then the same command again"
            ) from error
        return unlabelled(self.site, self.model, outcome.newest, started, end, moved.behind)

    @contextmanager
    def _put_back_on_failure(self, steps: _Steps, *, recorded: bool = False) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            note = self._put_back(steps, patient=isinstance(error, ServingError))
            if recorded and steps.before != self.version:
                # Without the line, too, a rollback passes over a change that was not made.
                with contextlib.suppress(RolloutRefusedError):
                    moved, why = (self.version, steps.before), str(error) or type(error).__name__
                    self.site.record("put back", self.model, moved, steps.old, why)
            if note and isinstance(error, ServingError):
                raise type(error)(f"{error}; {note}") from error
            raise

    def _put_back(self, steps: _Steps, *, patient: bool) -> str:
        """Write what was there before, without the version where that is newer than `stable` and a killed
        promotion had left it; what to say of clients without a label, who may have got it already."""
        root = self.site.model_root
        back = None if steps.old is None else plan.without(steps.old, self.servable, self.version)
        try:
            if model_config.read(root) == back:
                return ""
            if back is None:
                model_config.remove(root)
            else:
                model_config.write(root, back)
        except RolloutRefusedError as error:
            raise RolloutRefusedError(
                f"{error}; what it was before could not be put back either: see `dragoman versions`"
            ) from error
        newest = plan.newest(model_config.find_model(back, self.model))
        if not patient or newest is None or not self.site.names or newest >= self.version:
            return ""
        started = time.monotonic()
        waited = unlabelled(self.site, self.model, newest, started, started, {})
        if waited.behind:
            return f"clients without a label may still get {self.version} on {listed(waited.behind)}"
        return (
            f"clients without a label had {newest} again {max(waited.held.values(), default=0):.1f} s later"
        )


def kept(site: Site, model: str, stable: int | None, after: int | None) -> set[int]:
    """The versions that stay loaded beside the labelled ones where `stable` becomes `after`: what a rollback
    would go back to, and what was stable; as far as they are on disk."""
    on_disk = disk.versions(site.model_root, model)
    before = [] if after is None else history.stable_before(site.model_root, model, after)[:1]
    moving = [] if stable is None or stable == after else [stable]
    return {version for version in [*before, *moving] if version in on_disk}


def unlabelled(
    site: Site, model: str, newest: int | None, started: float, end: float, behind: Behind
) -> Waited:
    """Wait until clients that name neither label nor version get `newest` from every replica but those that
    are `behind`; when, in seconds from `started`."""
    if newest is None:
        return Waited({}, {})
    begun = time.monotonic() - started
    until = max(end, time.monotonic() + _UNLOADED)
    waited = replicas.until_unlabelled(site.replicas, model, newest, until, without=behind)
    late: Behind = {
        address: RolloutRefusedError(f"{error} for clients without a label")
        for address, error in waited.behind.items()
    }
    return Waited({address: begun + seconds for address, seconds in waited.held.items()}, late)
