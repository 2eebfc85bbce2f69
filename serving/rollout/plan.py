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
from serving.versions import is_text
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig


def _copy(config: ModelServerConfig | None) -> ModelServerConfig:
    made = ModelServerConfig()
    if config is not None:
        made.CopyFrom(config)
    return made


def _part(config: ModelServerConfig, model_root: Path, model: str) -> ModelConfig:
    found = model_config.find(config, model)
    if found is None:
        base_path = str(model_root.absolute() / model)
        if not is_text(base_path):
            raise RolloutRefusedError(
                f"models.config cannot name {base_path!r}, which is no UTF-8: rename the folder"
            )
        found = config.model_config_list.config.add(
            name=model, base_path=base_path, model_platform="tensorflow"
        )
    return found


def listed(part: ModelConfig | None) -> list[int]:
    """The versions that a `specific` policy names."""
    return [] if part is None else list(part.model_version_policy.specific.versions)


def load(
    config: ModelServerConfig | None, model_root: Path, model: str, versions: Iterable[int]
) -> ModelServerConfig:
    """Step 1: these versions beside those with a label and those listed; labels as they are.

    Raises:
        RolloutRefusedError: the path of the model root is no UTF-8.
    """
    made = _copy(config)
    part = _part(made, model_root, model)
    wanted = {*versions, *listed(part), *part.version_labels.values()}
    part.model_version_policy.specific.versions[:] = sorted(wanted)
    return made


def unlabel(
    config: ModelServerConfig | None, model: str, label: str, keep: Iterable[int]
) -> ModelServerConfig:
    """Without the label; loaded stay the labelled versions and `keep`."""
    made = _copy(config)
    part = model_config.find(made, model)
    if part is not None:
        part.version_labels.pop(label, None)
        part.model_version_policy.specific.versions[:] = sorted({*keep, *part.version_labels.values()})
    return made


def label(
    config: ModelServerConfig, model: str, labels: dict[str, int], keep: Iterable[int]
) -> ModelServerConfig:
    """Step 2: these labels moved; loaded stay the labelled versions and `keep`."""
    made = _copy(config)
    part = model_config.find(made, model)
    assert part is not None, "step 1 has made it"
    for name, version in labels.items():
        part.version_labels[name] = version
    part.model_version_policy.specific.versions[:] = sorted({*keep, *part.version_labels.values()})
    return made
