"""Where a run keeps its things, and the lease that lets one run at a time use them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import LeaseConfig, MetadataConfig, RunConfig
from pipeline.errors import ConfigurationError
from pipeline.lease import Taken, holding


@dataclass(frozen=True)
class Workspace:
    """WORKSPACE/NAME of a run's configuration, as an absolute path."""

    root: Path
    store: MetadataConfig = field(default_factory=MetadataConfig)
    lease: LeaseConfig = field(default_factory=LeaseConfig)

    @classmethod
    def of(cls, config: RunConfig) -> Workspace:
        """The run's; relative paths count from the working folder."""
        return cls((config.workspace / config.name).absolute(), config.metadata, config.lease)

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file; not there where the store is a database server."""
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

    @property
    def spans(self) -> Path:
        """Which spans were worked off (see `pipeline.schedule.done`)."""
        return self.root / "spans.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[Taken]:
        """Hold the workspace, on this host and on all that share its volume (see `pipeline.lease`).

        Raises:
            WorkspaceBusyError: another run holds it.
            LeaseLostError: another has taken it over while this one was stalled.
            ConfigurationError: the folder cannot be made or written.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.logs.mkdir(parents=True, exist_ok=True)
                held = holding(self.root / ".lease", str(self.root), self.lease.expiry_seconds)
                taken = stack.enter_context(held)
            except OSError as error:
                raise ConfigurationError(f"cannot use the workspace {self.root}: {error.strerror}") from None
            yield taken
