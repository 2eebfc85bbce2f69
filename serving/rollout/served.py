"""Which version a label means."""

from __future__ import annotations

from pathlib import Path

from serving import model_config


def served_version(model_root: Path, model: str, label: str = model_config.STABLE) -> int | None:
    """The version that `label` of `model` means in models.config; None where nothing serves under it.

    Raises:
        RolloutRefusedError: models.config cannot be read.
    """
    config = model_config.read(Path(model_root))
    find = model_config.find_canary if label == model_config.CANARY else model_config.find_model
    found = find(config, model)
    if found is None or label not in found.version_labels:
        return None
    return int(found.version_labels[label])
