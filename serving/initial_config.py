"""The first models.config of a model root: the newest version of each model, labelled `stable`."""

from __future__ import annotations

from pathlib import Path

from serving import model_config, reserve
from serving.model_config import STABLE
from serving.rollout import history, plan
from serving.versions import models

_WHY = "the first models.config: the newest version"


def ensure_config(model_root: Path) -> Path | None:
    """Write models.config where there are models and no such file; the file if it was written.

    Two that do so at once do not disturb each other: the first one's file stays.
    """
    path = model_root / model_config.FILE_NAME
    on_disk = models(model_root)
    if not on_disk or path.exists():
        return None
    config = None
    newest = {name: max(versions) for name, versions in on_disk.items()}
    for name, version in newest.items():
        config = plan.label(
            plan.load(config, model_root / name, name, [version]), name, {STABLE: version}, []
        )
    assert config is not None, "there is a model"
    if not model_config.create(model_root, config):
        return None
    # After it: of two that do so at once only one has made it. A kill in between costs the line alone.
    text = model_config.as_text(config)
    for name, version in newest.items():
        change = history.Change(model=name, action="promote", to=version, why=_WHY, config=text)
        history.append(model_root, change)
    reserve.keep(model_root)
    return path
