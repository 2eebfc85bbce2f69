"""Which versions are to be served, and the way of each from START to END.

Transitions preserve availability, as TensorFlow Serving's AvailabilityPreservingPolicy: a version that is no
longer wanted goes on serving until one that is wanted is AVAILABLE, and is freed when its last request has
left it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from tensorflow_serving.apis import get_model_status_pb2

from serving.server.servable import LoadedVersion
from serving.server.status import StatusError, from_exception

State = get_model_status_pb2.ModelVersionStatus
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VersionState:
    """What GetModelStatus says of a version; the error is that which ended it."""

    state: int
    error: StatusError | None = None


@dataclass
class _Harness:
    """A version on its way."""

    version: int
    path: Path
    aspired: bool = True
    state: int = State.START
    loaded_version: LoadedVersion | None = None
    users: int = 0


@dataclass
class _Model:
    aspired: Mapping[int, Path] = field(default_factory=dict)
    harnesses: dict[int, _Harness] = field(default_factory=dict)
    states: dict[int, VersionState] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadOptions:
    """How versions are loaded."""

    retries: int = 5
    retry_seconds: float = 60.0
    threads: int = 2


def _specifier(name: str, version: int | None) -> str:
    return f"Latest({name})" if version is None else f"Specific({name}, {version})"


class Manager:
    """Loads, unloads and lends versions."""

    def __init__(
        self,
        load: Callable[[str, int, Path], LoadedVersion],
        options: LoadOptions,
        on_state: Callable[[str, int, int], None],
    ) -> None:
        """`load` makes a version ready to answer; `on_state` is told each change of name, version, state."""
        self._load = load
        self._options = options
        self._on_state = on_state
        self._changed = threading.Condition()
        self._loading = threading.Semaphore(max(1, options.threads))
        self._models: dict[str, _Model] = {}
        self._stopped = False

    def set_aspired(self, name: str, versions: Mapping[int, Path]) -> None:
        """From now on serve exactly these versions of the model, as far as they load."""
        with self._changed:
            if name not in self._models and not versions:
                return
            model = self._models.setdefault(name, _Model())
            model.aspired = dict(versions)
            self._reconcile(name)

    @contextmanager
    def borrow(self, name: str, version: int | None) -> Iterator[LoadedVersion]:
        """A version that is AVAILABLE, the newest if none is named; it is not unloaded meanwhile.

        Raises: StatusError NOT_FOUND.
        """
        with self._changed:
            harness = self._look_up(name, version)
            harness.users += 1
            loaded_version = harness.loaded_version
            assert loaded_version is not None
        try:
            yield loaded_version
        finally:
            with self._changed:
                harness.users -= 1
                if not harness.users:
                    self._changed.notify_all()

    def states(self, name: str) -> dict[int, VersionState]:
        """All versions of a model that were ever wanted, newest first; empty for an unknown model."""
        with self._changed:
            model = self._models.get(name)
            return dict(sorted(model.states.items(), reverse=True)) if model else {}

    def wait_until_available(self, names: Collection[str]) -> None:
        """Wait until each of the models serves a version.

        A model that has no version is waited for as long as it takes.
        Raises: StatusError UNKNOWN when all wanted versions of a model have ended; UNAVAILABLE on stop.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or all(self._settled(name) for name in names))
            if self._stopped:
                raise StatusError(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
            failed = [name for name in names if not self._serves(name)]
            if failed:
                ended = "".join(self._describe_failure(name) for name in failed)
                raise StatusError(
                    grpc.StatusCode.UNKNOWN, f"{len(failed)} servable(s) did not become available:{ended}"
                )

    def stop(self, timeout: float) -> bool:
        """Unload everything, once its requests have left; True when that took less than `timeout` seconds."""
        with self._changed:
            self._stopped = True
            for name, model in self._models.items():
                model.aspired = {}
                self._reconcile(name)
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: not any(model.harnesses for model in self._models.values()), timeout
            )

    def _look_up(self, name: str, version: int | None) -> _Harness:
        harnesses = self._models[name].harnesses if name in self._models else {}
        available = [v for v, harness in harnesses.items() if harness.state == State.AVAILABLE]
        chosen = max(available, default=None) if version is None else version
        if chosen is None or chosen not in available:
            raise StatusError(
                grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {_specifier(name, version)}"
            )
        return harnesses[chosen]

    def _aspired(self, name: str) -> list[_Harness]:
        model = self._models.get(name)
        return [harness for harness in model.harnesses.values() if harness.aspired] if model else []

    def _serves(self, name: str) -> bool:
        return any(harness.state == State.AVAILABLE for harness in self._aspired(name))

    def _settled(self, name: str) -> bool:
        aspired = self._aspired(name)
        ended = bool(aspired) and all(harness.state == State.END for harness in aspired)
        return ended or self._serves(name)

    def _describe_failure(self, name: str) -> str:
        states = self._models[name].states
        parts = []
        for harness in self._aspired(name):
            error = states[harness.version].error
            reason = f" due to error: {error.code.name}: {error.message}" if error else ""
            parts.append(f" {{name: {name} version: {harness.version}{reason}}}")
        return "".join(parts)

    def _set_state(self, name: str, harness: _Harness, state: int, error: StatusError | None = None) -> None:
        harness.state = state
        self._models[name].states[harness.version] = VersionState(state, error)
        self._on_state(name, harness.version, state)
        self._changed.notify_all()

    def _reconcile(self, name: str) -> None:
        """Take every step that is possible now. The lock is held; loads and unloads get their own threads."""
        model = self._models[name]
        for version, harness in list(model.harnesses.items()):
            # Once given up, a version stays so until it serves or is gone: its thread may have acted on it.
            # Wanted again meanwhile, it is kept in the first case and loaded afresh in the second.
            kept = harness.aspired or harness.state == State.AVAILABLE
            harness.aspired = kept and version in model.aspired
            if not harness.aspired and harness.state == State.END:
                del model.harnesses[version]
        for version in sorted(model.aspired, reverse=True):
            if version not in model.harnesses:
                harness = model.harnesses[version] = _Harness(version, model.aspired[version])
                self._set_state(name, harness, State.START)
                self._start(self._load_version, name, harness)
        keep = bool(model.aspired) and not self._serves(name)
        for harness in list(model.harnesses.values()):
            if not harness.aspired and harness.state == State.AVAILABLE and not keep:
                self._set_state(name, harness, State.UNLOADING)
                self._start(self._unload_version, name, harness)
        self._changed.notify_all()

    @staticmethod
    def _start(target: Callable[[str, _Harness], None], name: str, harness: _Harness) -> None:
        title = f"{target.__name__.strip('_')} {name}/{harness.version}"
        threading.Thread(target=target, args=(name, harness), name=title, daemon=True).start()

    def _load_version(self, name: str, harness: _Harness) -> None:
        attempts = 1 + max(0, self._options.retries)
        error: StatusError | None = None
        for attempt in range(attempts):
            if attempt and not self._await_retry(harness):
                break
            try:
                with self._loading:
                    self._load_once(name, harness)
                return
            except Exception as failure:
                error = from_exception(failure)
                log.error(
                    "loading %s version %d failed (attempt %d of %d): %s: %s",
                    name, harness.version, attempt + 1, attempts, error.code.name, error.message,
                )  # fmt: skip
        with self._changed:
            self._set_state(name, harness, State.END, error)
            self._reconcile(name)

    def _await_retry(self, harness: _Harness) -> bool:
        """Wait before the next attempt; False when the version is no longer wanted."""
        with self._changed:
            return not self._changed.wait_for(lambda: not harness.aspired, self._options.retry_seconds)

    def _load_once(self, name: str, harness: _Harness) -> None:
        with self._changed:
            if not harness.aspired:
                raise StatusError(grpc.StatusCode.CANCELLED, "the version is no longer wanted")
            self._set_state(name, harness, State.LOADING)
        started = time.monotonic()
        harness.loaded_version = self._load(name, harness.version, harness.path)
        log.info("loaded %s version %d in %.2f s", name, harness.version, time.monotonic() - started)
        with self._changed:
            self._set_state(name, harness, State.AVAILABLE)
            self._reconcile(name)

    def _unload_version(self, name: str, harness: _Harness) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not harness.users)
            loaded_version, harness.loaded_version = harness.loaded_version, None
        assert loaded_version is not None
        try:
            loaded_version.close()
        finally:
            log.info("unloaded %s version %d", name, harness.version)
            with self._changed:
                self._set_state(name, harness, State.END)
                self._reconcile(name)
