"""The model that the candidate is compared with: the version that `stable` serves now.

Not the one that was blessed last: after a rollback the bad model is no one's baseline. The version's folder
is imported as a Model artifact; the Importer gives the same folder the same artifact in every run, so that
the Evaluator is cached as long as the same version serves, and runs again when a promotion or a rollback has
changed that.
"""

from __future__ import annotations

from pathlib import Path

from tfx.dsl.components.common.importer import Importer
from tfx.types import standard_artifacts

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError


def model_name(config: RunConfig) -> str:
    """The name under which versions are pushed."""
    return config.push.model_name or config.name


def baseline(config: RunConfig) -> Path | None:
    """The folder of the version that `stable` serves now, None when nothing serves.

    Raises:
        ConfigurationError: models.config says that a version serves that is not on disk.
        ServingError: models.config cannot be read.
    """
    from serving.rollout import served_version
    from serving.versions import versions

    name = model_name(config)
    root = config.push.model_root.absolute()
    version = served_version(root, name)
    if version is None:
        return None
    folder = versions(root / name).get(version)
    if folder is None:
        raise ConfigurationError(
            f"{root / 'models.config'} says that version {version} of {name} is stable, but {root / name} "
            "holds no model of that number: promote a version that is there"
        )
    return folder


def importer(folder: Path) -> Importer:
    """The folder as a Model artifact, under the key `result`."""
    return Importer(source_uri=str(folder), artifact_type=standard_artifacts.Model).with_id("Baseline")
