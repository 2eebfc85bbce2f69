"""A model's versions on disk: listed, required, removed."""

from __future__ import annotations

import difflib
from pathlib import Path

import contracts.disk
import serving.versions
from serving.errors import RolloutRefusedError
from serving.storage import refusing

_RETIRED = ".retired-"


def versions(model_root: Path, model: str) -> dict[int, Path]:
    """Complete versions of a model by number, ascending.

    Raises:
        RolloutRefusedError: that can be no model's name, or its folder cannot be read.
    """
    if model in ("", ".", "..") or "/" in model or "\0" in model or not serving.versions.is_text(model):
        raise RolloutRefusedError(f"{model!r} is no model's name: it names a folder in the model root")
    return serving.versions.versions(model_root / model)


def require(model_root: Path, model: str, version: int) -> Path:
    """The folder of a version.

    Raises:
        RolloutRefusedError: it is not there, or not whole.
    """
    on_disk = versions(model_root, model)
    if not on_disk:
        raise RolloutRefusedError(unknown(model_root, model))
    if version not in on_disk:
        listed = ", ".join(map(str, on_disk)) or "none"
        raise RolloutRefusedError(
            f"version {version} of {model} is not in {model_root / model}, or has no saved_model.pb; "
            f"complete: {listed}"
        )
    return on_disk[version]


def unknown(model_root: Path, model: str) -> str:
    """That the model has no complete version there, and which models have."""
    names = list(serving.versions.models(model_root))
    close = difflib.get_close_matches(model, names, n=1)
    cure = f"did you mean {close[0]}?" if close else f"there is {', '.join(names) or 'no model: push one'}"
    return f"{(model_root / model).absolute()} holds no complete version; {cure}"


def remove(folder: Path) -> None:
    """Take a version away with one rename, then delete it; also what an earlier, killed removal left.

    Raises:
        RolloutRefusedError: it cannot be taken away.
    """
    with refusing(f"delete {folder}"):
        contracts.disk.remove(folder, _RETIRED)
