"""Retention, after a run that pushed and by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.errors import DragomanError
from dragoman.console import err

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.workspace import Workspace


def tidy_after_run(config: RunConfig, workspace: Workspace) -> None:
    """As `tidy`; what goes wrong is said, and takes nothing from a run that has pushed."""
    from pipeline.errors import LeaseLostError

    try:
        tidy(config, workspace)
    except LeaseLostError:
        raise
    except (DragomanError, OSError) as error:
        err.print(f"warning: old versions and artifacts stay: {error}", markup=False)


def tidy(config: RunConfig, workspace: Workspace, dry_run: bool = False) -> dict[str, Any]:
    """Retire versions and remove artifacts as the section `retention` says, in a workspace that is held; says
    what it did, and returns it."""
    from pipeline.quiet import redirected
    from pipeline.schedule.versions import retire, superfluous

    root, model = config.push.model_root, config.pushed_name
    versions = superfluous(root, model, config.retention.versions) if config.retention.versions else []
    stay = {} if dry_run else retire(root, model, versions)
    folders: tuple[Path, ...] = ()
    size = 0
    if config.retention.runs:
        with redirected(Path(os.devnull)):
            from pipeline.schedule.artifacts import prune

            pruned = prune(workspace, config.retention.runs, dry_run)
        folders, size = pruned.folders, pruned.size
    would = "would be " if dry_run else ""
    for version in versions:
        if version in stay:
            err.print(f"warning: version {version} of {model} stays: {stay[version]}", markup=False)
        else:
            err.print(f"version {version} of {model} {would or 'was '}retired", markup=False)
    if folders:
        err.print(
            f"{len(folders)} artifacts of old runs {would or 'were '}removed ({size:,} bytes)", markup=False
        )
    return {
        "retired": [version for version in versions if version not in stay],
        "kept": {str(version): why for version, why in stay.items()},
        "artifacts": [str(folder) for folder in folders],
        "bytes": size,
        "dry_run": dry_run,
    }
