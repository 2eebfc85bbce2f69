"""The first models.config of a model root: the newest version of each model, labelled `stable`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from google.protobuf import text_encoding

from serving.launch import CONFIG_FILE, is_version

STABLE = "stable"


def models_with_versions(root: Path) -> dict[str, list[int]]:
    """The models below a model root by name, each with its versions on disk in ascending order."""
    if not root.is_dir():
        return {}
    found = {
        model.name: sorted(int(child.name) for child in model.iterdir() if is_version(child))
        for model in sorted(root.iterdir())
        if model.is_dir() and not is_version(model)
    }
    return {name: versions for name, versions in found.items() if versions}


def _escape(text: str) -> str:
    return str(text_encoding.CEscape(text.encode("utf-8", "surrogateescape"), as_utf8=False))


def _model(name: str, base_path: Path, version: int) -> str:
    return f"""  config {{
    name: "{_escape(name)}"
    base_path: "{_escape(str(base_path))}"
    model_platform: "tensorflow"
    model_version_policy {{ specific {{ versions: {version} }} }}
    version_labels {{ key: "{STABLE}" value: {version} }}
  }}
"""


def ensure_config(root: Path) -> Path | None:
    """Write models.config where there are models and no such file; the file if it was written.

    Two that do so at once do not disturb each other: the first one's file stays.
    """
    config = root / CONFIG_FILE
    models = models_with_versions(root)
    if not models or config.exists():
        return None
    base = root.absolute()
    text = "".join(_model(name, base / name, versions[-1]) for name, versions in models.items())
    handle, temporary = tempfile.mkstemp(prefix=f".{CONFIG_FILE}.", dir=root)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"model_config_list {{\n{text}}}\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.link(temporary, config)
    except FileExistsError:
        return None
    finally:
        os.unlink(temporary)
    return config
