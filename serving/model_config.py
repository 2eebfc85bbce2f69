"""`models.config`: what the servers should load and which version each label means (a `ModelServerConfig`).

The single source of truth of a model root. It is replaced by rename, so that a polling
server reads the old or the new one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import text_format

from serving.errors import RolloutRefusedError
from serving.storage import refusing, sync
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig

FILE_NAME = "models.config"
STABLE, CANARY = "stable", "canary"


def parse(text: str, origin: str) -> ModelServerConfig:
    """The configuration in `text`.

    Raises:
        RolloutRefusedError: it is none, or has two models of one name or one of none; `origin` is where it
            came from.
    """
    try:
        config = text_format.Parse(text, ModelServerConfig())
    except text_format.ParseError as error:
        raise RolloutRefusedError(
            f"{origin} is no model server configuration ({error}): repair it by hand"
        ) from error
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
            raise RolloutRefusedError(f"{path} is no UTF-8 text ({error}): repair it by hand") from error
    return parse(text, str(path))


def as_text(config: ModelServerConfig) -> str:
    """As it stands in the file."""
    return text_format.MessageToString(config, as_utf8=True)


def write(model_root: Path, config: ModelServerConfig) -> None:
    """Replace the file: old or new at any moment, and durable when this returns.

    Raises:
        RolloutRefusedError: it cannot be written.
    """
    with _written(model_root, config) as temporary:
        os.replace(temporary, model_root / FILE_NAME)


def create(model_root: Path, config: ModelServerConfig) -> bool:
    """Write the first file; False, and nothing is changed, where there is one.

    Raises:
        RolloutRefusedError: it cannot be written.
    """
    with _written(model_root, config) as temporary:
        try:
            os.link(temporary, model_root / FILE_NAME)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
    return True


@contextmanager
def _written(model_root: Path, config: ModelServerConfig) -> Iterator[Path]:
    """A synced file beside the real one, to be renamed; then the rename is synced."""
    with refusing(f"write {model_root / FILE_NAME}"):
        handle, name = tempfile.mkstemp(prefix=f".{FILE_NAME}.", dir=model_root)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(as_text(config))
                file.flush()
                os.fchmod(file.fileno(), 0o644)  # servers of other users read it
                os.fsync(file.fileno())
            yield temporary
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync(model_root)


def remove(model_root: Path) -> None:
    """Take the file away, if there is one.

    Raises:
        RolloutRefusedError: it cannot be removed.
    """
    with refusing(f"remove {model_root / FILE_NAME}"):
        (model_root / FILE_NAME).unlink(missing_ok=True)
        sync(model_root)


def find(config: ModelServerConfig | None, model: str) -> ModelConfig | None:
    """The model's part, None where it has none."""
    if config is None:
        return None
    return next((one for one in config.model_config_list.config if one.name == model), None)


def elsewhere(part: ModelConfig, model_root: Path) -> Path | None:
    """The folder that servers read the model from, where it is another one than that of this model root: a
    root that was copied or moved, whose models.config still names the old place. None where it is this one.
    """
    folder = Path(part.base_path)
    try:
        return None if folder.samefile(model_root / part.name) else folder
    except OSError:
        return None if folder == model_root.absolute() / part.name else folder
