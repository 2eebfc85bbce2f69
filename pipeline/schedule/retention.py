"""Retention, after a run that pushed and by hand: what the section `retention` keeps, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import RunConfig
from pipeline.runs.quiet import redirected
from pipeline.schedule.versions import retire, superfluous
from pipeline.workspace.workspace import Workspace


@dataclass(frozen=True)
class Retained:
    """What went, or of a dry run would go, and the versions that stay though they should have gone."""

    model: str
    retired: tuple[int, ...]
    kept: Mapping[int, str]
    """With the reason."""
    artifacts: tuple[Path, ...]
    size: int
    dry_run: bool

    def lines(self) -> Iterator[str]:
        """For people."""
        was, were = ("would be", "would be") if self.dry_run else ("was", "were")
        for version, why in self.kept.items():
            yield f"warning: version {version} of {self.model} stays: {why}"
        for version in self.retired:
            yield f"version {version} of {self.model} {was} retired"
        if self.artifacts:
            yield f"{len(self.artifacts)} artifacts of old runs {were} removed ({self.size:,} bytes)"

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "retired": list(self.retired),
            "kept": {str(version): why for version, why in self.kept.items()},
            "artifacts": [str(folder) for folder in self.artifacts],
            "bytes": self.size,
            "dry_run": self.dry_run,
        }


def retain(config: RunConfig, workspace: Workspace, dry_run: bool = False) -> Retained:
    """Retire versions and remove artifacts as the section `retention` says, in a workspace that is held.

    Raises:
        ServingError: models.config cannot be read.
        PipelineError: the metadata cannot be.
        OSError: artifacts cannot be removed.
    """
    root, model = config.push.model_root, config.pushed_name
    versions = superfluous(root, model, config.retention.versions) if config.retention.versions else []
    kept = {} if dry_run else retire(root, model, versions)
    folders: tuple[Path, ...] = ()
    size = 0
    if config.retention.runs:
        with redirected(Path(os.devnull)):  # ML Metadata talks when it is loaded.
            from pipeline.schedule.artifacts import prune

            pruned = prune(workspace, config.retention.runs, dry_run)
        folders, size = pruned.folders, pruned.size
    retired = tuple(version for version in versions if version not in kept)
    return Retained(model, retired, kept, folders, size, dry_run)
