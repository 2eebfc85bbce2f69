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
    part_of = model_config.find_canary if label == model_config.CANARY else model_config.find_model
    part = part_of(config, model)
    if part is None or label not in part.version_labels:
        return None
    return int(part.version_labels[label])
