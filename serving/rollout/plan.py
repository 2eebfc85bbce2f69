"""The two steps of a change of models.config, computed without touching anything.

TensorFlow Serving applies labels before the loads of the same configuration, and rejects one that moves a
label to a version that is not loaded: so versions are loaded first, and the
label moves in a second configuration.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from serving import model_config
from serving.errors import RolloutRefusedError
from serving.model_config import CANARY, STABLE
from serving.versions import is_text
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig


def _copy(config: ModelServerConfig | None) -> ModelServerConfig:
    made = ModelServerConfig()
    if config is not None:
        made.CopyFrom(config)
    return made


def _part(config: ModelServerConfig, folder: Path, model: str) -> ModelConfig:
    part = model_config.find_model(config, model)
    if part is None:
        base_path = str(folder.absolute())
        if not is_text(base_path):
            raise RolloutRefusedError(
                f"models.config cannot name {base_path!r}, which is no UTF-8: rename the folder"
            )
        part = config.model_config_list.config.add(
            name=model, base_path=base_path, model_platform=model_config.PLATFORM
        )
    return part


def listed(part: ModelConfig | None) -> list[int]:
    """The versions that a `specific` policy names."""
    return [] if part is None else list(part.model_version_policy.specific.versions)


def labels(part: ModelConfig | None) -> list[tuple[str, int]]:
    """Each label and its version."""
    return [] if part is None else sorted(part.version_labels.items())


def newest(part: ModelConfig | None) -> int | None:
    """What clients that name neither label nor version get."""
    return max(listed(part), default=None)


def load(
    config: ModelServerConfig | None, folder: Path, model: str, versions: Iterable[int]
) -> ModelServerConfig:
    """Step 1: these versions of `folder` beside those with a label and those listed; labels as they are.

    Raises:
        RolloutRefusedError: the path of the folder is no UTF-8.
    """
    made = _copy(config)
    part = _part(made, folder, model)
    wanted = {*versions, *listed(part), *part.version_labels.values()}
    part.model_version_policy.specific.versions[:] = sorted(wanted)
    return made


def label(
    config: ModelServerConfig, model: str, labels: dict[str, int], keep: Iterable[int]
) -> ModelServerConfig:
    """Step 2: these labels moved; loaded stay the labelled versions and `keep`."""
    made = _copy(config)
    part = model_config.find_model(made, model)
    assert part is not None, "step 1 has made it"
    for name, version in labels.items():
        part.version_labels[name] = version
    part.model_version_policy.specific.versions[:] = sorted({*keep, *part.version_labels.values()})
    return made


def newer(part: ModelConfig | None) -> list[int]:
    """What is to be loaded and newer than `stable`: clients that name neither label nor version get it."""
    if part is None or STABLE not in part.version_labels:
        return []
    return [version for version in listed(part) if version > part.version_labels[STABLE]]


def settle(config: ModelServerConfig, model: str) -> ModelServerConfig:
    """Step 3: nothing newer than `stable` but what has a label."""
    made = _copy(config)
    part = model_config.find_model(made, model)
    assert part is not None, "step 1 has made it"
    gone = {*newer(part)} - {*part.version_labels.values()}
    part.model_version_policy.specific.versions[:] = [
        version for version in listed(part) if version not in gone
    ]
    return made


def end_trial(config: ModelServerConfig, model: str, versions: Iterable[int]) -> ModelServerConfig:
    """Without the model's canary, under its name or another, where that is one of the versions; they stay
    listed."""
    made = _copy(config)
    part = model_config.find_canary(made, model)
    if part is None or part.version_labels[CANARY] not in versions:
        return made
    if part.name == model:
        part.version_labels.pop(CANARY)
    else:
        made.model_config_list.config.remove(part)
    return made


def without(config: ModelServerConfig, model: str, version: int) -> ModelServerConfig:
    """Without a version, where it has no label and is newer than `stable`."""
    made = _copy(config)
    part = model_config.find_model(made, model)
    if part is not None and version in newer(part) and version not in part.version_labels.values():
        part.model_version_policy.specific.versions.remove(version)
    return made
