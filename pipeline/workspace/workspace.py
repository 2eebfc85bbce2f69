"""Where a run keeps its things, and the lease that lets one run at a time use them."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import LeaseConfig, MetadataConfig, RunConfig
from pipeline.errors import ConfigurationError
from pipeline.workspace.causes import cause
from pipeline.workspace.lease import holding
from pipeline.workspace.staged import revoke


@dataclass(frozen=True)
class Workspace:
    """WORKSPACE/NAME of a run's configuration, as an absolute path."""

    root: Path
    store: MetadataConfig = field(default_factory=MetadataConfig)
    lease: LeaseConfig = field(default_factory=LeaseConfig)
    model: Path | None = None
    """The folder that versions are pushed into, if any are."""

    @classmethod
    def of(cls, config: RunConfig) -> Workspace:
        """The run's; relative paths count from the working folder."""
        root = (config.workspace / config.name).absolute()
        model = config.push.model_root.absolute() / config.pushed_name
        return cls(root, config.metadata, config.lease, model)

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
        """Trainings that are not finished, the latest and the one before it: a folder for each fingerprint of
        data and configuration (see `pipeline.steps.train.training`).
        """
        return self.root / "checkpoints"

    def checkpoints_of(self, training: str) -> Path:
        """Those of a training that has a name among several of a run (`pipeline.recipes`): beside those of
        the one that has none, neither prunes the other's."""
        return self.root / f"checkpoints-{training}" if training else self.checkpoints

    def all_checkpoints(self) -> list[Path]:
        """Of all trainings, also of those that a recipe had once."""
        return [self.checkpoints, *sorted(self.root.glob("checkpoints-*"))]

    @property
    def work(self) -> Path:
        """What steps that go on where a killed run was have done so far: WORK/COMPONENT; empty when they have
        ended."""
        return self.root / "work"

    @property
    def logs(self) -> Path:
        """One file for each run."""
        return self.root / "logs"

    @property
    def spans(self) -> Path:
        """Which spans were worked off (see `pipeline.schedule.due`)."""
        return self.root / "spans.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace, on this host and on all that share its volume (see `lease`). What a holder that
        was passed over was about to push is taken away.

        Raises:
            WorkspaceBusyError: another run holds it.
            LeaseLostError: another has taken it over while this one was stalled.
            ConfigurationError: the folder cannot be made or written.
            PushError: what was about to be pushed cannot be taken away.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.logs.mkdir(parents=True, exist_ok=True)
                held = holding(self.root / ".lease", str(self.root), self.lease.expiry_seconds)
                taken = stack.enter_context(held)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise cause(error, f"the workspace {self.root}") from None
                raise ConfigurationError(f"cannot use the workspace {self.root}: {error.strerror}") from None
            if self.model and taken.passed_over:
                # Now: the next holder is told of this one alone.
                revoke(self.model, taken.passed_over)
            yield
