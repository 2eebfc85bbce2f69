"""The model that the candidate is compared with: the version that `stable` serves now, or in a catch-up the
one that the run before has pushed (see `pipeline.schedule.catch_up`).

Not the one that was blessed last: after a rollback the bad model is no one's baseline.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from serving.versions import EXTRA

TRANSLATOR = "translator"
"""In `assets.extra` of a version of an incremental run: what `trainer.store` wrote."""


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
    there = versions(root / name)
    if version is not None:
        return there[version]
    version = served_version(root, name)
    if version is None:
        return None
    folder = there.get(version)
    if folder is None:
        raise ConfigurationError(
            f"{root / 'models.config'} says that version {version} of {name} is stable, but {root / name} "
            "holds no model of that number: promote a version that is there"
        )
    return folder


def continued(config: RunConfig, before: Path | None) -> Path | None:
    """The translator from whose weights the training starts, in the baseline; None: it starts anew."""
    if before is None or config.spans is None or config.spans.weights == "anew":
        return None
    stored = before / EXTRA / TRANSLATOR
    return stored if (stored / "translator.json").is_file() else None


def weights_note(config: RunConfig, version: int | None = None) -> str:
    """What a user is told of the weights that the training starts from; `version` as in `baseline`."""
    if config.spans is None or config.spans.weights == "anew":
        return "training starts anew"
    before = baseline(config, version)
    if before is None:
        return "training starts anew: no version serves yet"
    if continued(config, before) is None:
        return f"training starts anew: {before} was pushed without its translator, by a run without `spans`"
    return f"training starts from the weights of {before}"
