"""`models.config`: what the servers should load and which version each label means (a `ModelServerConfig`).

The single source of truth of a model root. It is replaced by rename, so that a polling
server reads the old or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TypeVar

from google.protobuf import text_format

from contracts.files import beside, replacing, sync
from serving import reserve
from serving.errors import RolloutRefusedError
from serving.storage import refusing
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig

FILE_NAME = "models.config"
STABLE, CANARY = "stable", "canary"
PLATFORM = "tensorflow"
REPAIR = "`dragoman repair` writes the last good one"
_TRIAL = "-canary"
_KEPT = 0o644  # servers of other users read it

Made = TypeVar("Made")


def trial_name(model: str) -> str:
    """The servable name of a canary that is apart from its model, for clients that name no label."""
    return f"{model}{_TRIAL}"


def parse(text: str, origin: str) -> ModelServerConfig:
    """The configuration in `text`.

    Raises:
        RolloutRefusedError: it is none, or has two models of one name or one of none; `origin` is where it
            came from.
    """
    try:
        config = text_format.Parse(text, ModelServerConfig())
    except text_format.ParseError as error:
        raise RolloutRefusedError(f"{origin} is no model server configuration ({error}): {REPAIR}") from error
    if config.WhichOneof("config") == "custom_model_config":
        raise RolloutRefusedError(f"{origin} holds a custom_model_config: Dragoman needs a model_config_list")
    names = [model.name for model in config.model_config_list.config]
    if "" in names:
        raise RolloutRefusedError(f"{origin} has a model without a name: give it the name of its folder")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RolloutRefusedError(f"{origin} names {', '.join(twice)} more than once: remove one of them")
    return config


def read(model_root: Path) -> ModelServerConfig | None:
    """The configuration of a model root, None where there is none yet.

    Raises:
        RolloutRefusedError: it cannot be read.
    """
    path = model_root / FILE_NAME
    with refusing(f"read {path}"):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise RolloutRefusedError(f"{path} is no UTF-8 text ({error}): {REPAIR}") from error
    return parse(text, str(path))


def as_text(config: ModelServerConfig) -> str:
    """As it stands in the file."""
    return text_format.MessageToString(config, as_utf8=True)


def check(config: ModelServerConfig) -> None:
    """See that a model server takes it: one that TensorFlow Serving refuses it keeps all the same, and then
    refuses every later one until it is started again.

    Raises:
        RolloutRefusedError: it would not; names the model, what is wrong, and the cure.
    """
    for part in config.model_config_list.config:
        wrong = _wrong(part)
        if wrong:
            raise RolloutRefusedError(
                f"a model server refuses this {FILE_NAME}: {part.name} {wrong}; or {REPAIR}. One that has "
                "read it so refuses all that comes later: start it again then"
            )


def _wrong(part: ModelConfig) -> str:
    """What TensorFlow Serving refuses in one model's part, and what to write instead."""
    platform, old = part.model_platform, part.model_type
    if platform and old:
        return "has a model_type beside its model_platform: remove the model_type"
    if not old and platform != PLATFORM:
        mistake = f"the model_platform {platform!r}" if platform else "no model_platform"
        return f'has {mistake}: write model_platform: "{PLATFORM}"'
    if "://" not in part.base_path and not PurePosixPath(part.base_path).is_absolute():
        return f"has the base_path {part.base_path!r}: give the absolute path of its folder"
    if part.model_version_policy.WhichOneof("policy_choice") == "specific":
        listed = part.model_version_policy.specific.versions
        for label, version in sorted(part.version_labels.items()):
            if version not in listed:
                return (
                    f"has the label {label} at {version}, which it does not list: add `versions: {version}`"
                )
    return ""


def write(model_root: Path, config: ModelServerConfig) -> None:
    """Replace the file: old or new at any moment, and durable when this returns.

    Raises:
        RolloutRefusedError: no server would take it, or it cannot be written.
    """

    def replaced() -> None:
        with replacing(model_root / FILE_NAME) as temporary:
            _write(temporary, config)

    _with_room(model_root, config, replaced)


def create(model_root: Path, config: ModelServerConfig) -> bool:
    """Write the first file; False, and nothing is changed, where there is one.

    Raises:
        RolloutRefusedError: no server would take it, or it cannot be written.
    """

    def made() -> bool:
        with beside(model_root / FILE_NAME) as temporary:
            _write(temporary, config)
            sync(temporary)
            try:
                os.link(temporary, model_root / FILE_NAME)
            except FileExistsError:
                return False
        sync(model_root)
        return True

    return _with_room(model_root, config, made)


def _write(path: Path, config: ModelServerConfig) -> None:
    path.write_text(as_text(config), encoding="utf-8")
    path.chmod(_KEPT)


def _with_room(model_root: Path, config: ModelServerConfig, make: Callable[[], Made]) -> Made:
    """On a full volume with the room of the reserve."""
    check(config)
    with refusing(f"write {model_root / FILE_NAME}"):
        return reserve.with_room(model_root, make)


def remove(model_root: Path) -> None:
    """Take the file away, if there is one.

    Raises:
        RolloutRefusedError: it cannot be removed.
    """
    with refusing(f"remove {model_root / FILE_NAME}"):
        (model_root / FILE_NAME).unlink(missing_ok=True)
        sync(model_root)


def find_model(config: ModelServerConfig | None, model: str) -> ModelConfig | None:
    """The model's part, None where it has none."""
    if config is None:
        return None
    return next((part for part in config.model_config_list.config if part.name == model), None)


def find_trial(config: ModelServerConfig | None, model: str) -> ModelConfig | None:
    """The model's canary under a servable name of its own, None where it has none."""
    part = find_model(config, trial_name(model))
    return part if part is not None and PurePosixPath(part.base_path).name == model else None


def find_canary(config: ModelServerConfig | None, model: str) -> ModelConfig | None:
    """The part that has the model's canary: the model's own, or that under another name; None without any."""
    parts = (find_model(config, model), find_trial(config, model))
    return next((part for part in parts if part is not None and CANARY in part.version_labels), None)


def elsewhere(part: ModelConfig, model_root: Path) -> Path | None:
    """The folder that servers read the model from, where it is another one than that of this model root: a
    root that was copied or moved, whose models.config still names the old place. None where it is this one.
    """
    folder = Path(part.base_path)
    home = model_root / (folder.name if part.name == trial_name(folder.name) else part.name)
    try:
        return None if folder.samefile(home) else folder
    except OSError:
        return None if folder == home.absolute() else folder
