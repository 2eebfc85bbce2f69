"""The first models.config of a model root: the newest version of each model, labelled `stable`."""

from __future__ import annotations

from pathlib import Path

from serving import model_config
from serving.model_config import STABLE
from serving.rollout import plan
from serving.versions import models


def ensure_config(model_root: Path) -> Path | None:
    """Write models.config where there are models and no such file; the file if it was written.

    Two that do so at once do not disturb each other: the first one's file stays.
    """
    path = model_root / model_config.FILE_NAME
    there = models(model_root)
    if not there or path.exists():
        return None
    config = None
    for name, versions in there.items():
        newest = max(versions)
        config = plan.label(plan.load(config, model_root, name, [newest]), name, {STABLE: newest}, [])
    assert config is not None, "there is a model"
    return path if model_config.create(model_root, config) else None
