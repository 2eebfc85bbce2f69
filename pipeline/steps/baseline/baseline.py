"""The model that the candidate is compared with: the version that `stable` serves now, or in a catch-up the
one that the run before has pushed (see `pipeline.schedule.catch_up`).

Not the one that was blessed last: after a rollback the bad model is no one's baseline.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError


def baseline(config: RunConfig, version: int | None = None) -> Path | None:
    """The folder of a version on disk; if none is given, of the one that `stable` serves now, and None when
    nothing serves.

    Raises:
        ConfigurationError: models.config says that a version serves that is not on disk.
        ServingError: models.config cannot be read.
    """
    from serving.rollout import served_version
    from serving.versions import versions

    name = config.pushed_name
    root = config.push.model_root.absolute()
    folders = versions(root / name)
    if version is not None:
        return folders[version]
    version = served_version(root, name)
    if version is None:
        return None
    folder = folders.get(version)
    if folder is None:
        raise ConfigurationError(
            f"{root / 'models.config'} says that version {version} of {name} is stable, but {root / name} "
            "holds no model of that number: promote a version that is there"
        )
    return folder
