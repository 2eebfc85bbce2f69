"""The version directories of each model, polled, as the manager's wishes: latest N, all, or specific ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

from serving.versions import numbered

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Monitored:
    """Where a model's versions are, and which of them to serve."""

    base_path: Path
    policy: FileSystemStoragePathSourceConfig.ServableVersionPolicy


def choose_versions(
    folders: Mapping[int, Path], policy: FileSystemStoragePathSourceConfig.ServableVersionPolicy
) -> dict[int, Path]:
    """Those of the versions that the policy wants, ascending; the latest one when it says nothing."""
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return dict(sorted(folders.items()))
    if choice == "specific":
        return {version: path for version, path in folders.items() if version in policy.specific.versions}
    newest = max(1, policy.latest.num_versions)
    return dict(sorted(folders.items())[-newest:])


class FileSystemSource:
    """Tells `aspire(name, versions)` what is to be served, every `poll_seconds`; 0: on changes only."""

    def __init__(self, aspire: Callable[[str, Mapping[int, Path]], None], poll_seconds: float) -> None:
        self._aspire = aspire
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._models: dict[str, Monitored] = {}
        self._complaints: dict[str, str] = {}
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._poll_forever, name="version-polling", daemon=True)
        self._thread.start()

    def monitor(self, models: Mapping[str, Monitored]) -> None:
        """Replace what is watched; models that are gone are unloaded, new wishes take effect at once."""
        with self._lock:
            gone = self._models.keys() - models.keys()
            self._models = dict(models)
            for name in gone:
                self._aspire(name, {})
            self._poll()

    def stop(self) -> None:
        """Watch no more."""
        with self._lock:
            self._stopped = True
            self._wake.set()
        self._thread.join()

    def _poll_forever(self) -> None:
        while not self._wake.wait(self._poll_seconds if self._poll_seconds > 0 else None):
            with self._lock:
                if not self._stopped:
                    self._poll()

    def _poll(self) -> None:
        for name, model in self._models.items():
            # Unreadable is not empty: what is loaded goes on serving, and the other models are looked at.
            try:
                self._look_at(name, model)
            except OSError as error:
                self._complain(name, f"cannot read the base path of {name}: {error}")
            except Exception as error:
                self._complain(name, f"cannot look for versions of {name}: {error!r}")

    def _look_at(self, name: str, model: Monitored) -> None:
        folders = list(numbered(model.base_path))
        by_number = dict(folders)
        versions = choose_versions(by_number, model.policy)
        self._aspire(name, versions)
        missing = set(model.policy.specific.versions) - by_number.keys()
        if missing:
            self._complain(name, f"versions {sorted(missing)} of {name} are not under {model.base_path}")
        elif not versions:
            self._complain(name, f"no version of {name} under {model.base_path}: name directories by number")
        elif len(by_number) < len(folders):
            unused = ", ".join(str(path) for number, path in folders if by_number[number] != path)
            self._complain(name, f"{unused}: not looked at, since another folder has the same number")
        else:
            self._complaints.pop(name, None)

    def _complain(self, name: str, message: str) -> None:
        """Log once, not at every poll."""
        if self._complaints.get(name) != message:
            self._complaints[name] = message
            log.warning("%s", message)
