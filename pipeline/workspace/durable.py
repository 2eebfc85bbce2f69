"""Folders that are on the disk, not only in the kernel's memory, when a call returns."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from contracts.files import sync


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
