"""Files and folders that are on the disk, not only in the kernel's memory, when a call returns."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from serving.storage import sync


def copy_tree(source: Path, target: Path) -> None:
    """Copy bytes, with the permissions that new files get: a server of another user has to read them."""
    target.mkdir()
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        if entry.is_dir():
            copy_tree(Path(entry.path), target / entry.name)
        else:
            shutil.copyfile(entry.path, target / entry.name)


def sync_tree(folder: Path) -> None:
    """fsync of every file and folder below, inner ones first, and of the folder itself."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            sync(Path(parent) / name)
        sync(Path(parent))


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that at any moment it is the old one or the new one."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        sync(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)
