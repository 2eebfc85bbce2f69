"""Whether a folder can be made and written, looked at without making it."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.errors import ConfigurationError


def check_folder(key: str, folder: Path) -> None:
    """The nearest folder that is there must let `folder`, named by a key, be made in it.

    Raises:
        ConfigurationError: it does not.
    """
    for path in (folder, *folder.parents):
        if path.is_dir():
            if not os.access(path, os.W_OK | os.X_OK):
                raise ConfigurationError(
                    f"{key}: {path} cannot be written, and {folder} is to be there: name another folder, or "
                    "see that this user may write there"
                )
            return
        if path.exists() or path.is_symlink():
            raise ConfigurationError(
                f"{key}: {path} is no folder, and {folder} is to be one: name another place"
            )
