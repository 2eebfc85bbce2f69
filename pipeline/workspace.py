"""Where a run keeps its things, and the lock that lets one run at a time use them."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError, WorkspaceBusyError


@dataclass(frozen=True)
class Workspace:
    """WORKSPACE/NAME of a run's configuration, as an absolute path."""

    root: Path

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file."""
        return self.root / "metadata.sqlite"

    @property
    def artifacts(self) -> Path:
        """TFX's pipeline root: ARTIFACTS/COMPONENT/OUTPUT/EXECUTION."""
        return self.root / "artifacts"

    @property
    def checkpoints(self) -> Path:
        """Unfinished trainings, one folder for each fingerprint of data and configuration."""
        return self.root / "checkpoints"

    @property
    def logs(self) -> Path:
        """One file for each run."""
        return self.root / "logs"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace. The kernel releases the lock with the process, also after kill -9.

        Raises:
            WorkspaceBusyError: another process holds it.
            ConfigurationError: the folder cannot be made or written.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ConfigurationError(f"cannot use the workspace {self.root}: {error.strerror}") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
                raise WorkspaceBusyError(
                    f"another run (process {holder}) is using {self.root}: "
                    "wait for it, or set another `workspace`"
                ) from None
            with contextlib.suppress(OSError):  # only for the message above; a full disk is told elsewhere
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)
