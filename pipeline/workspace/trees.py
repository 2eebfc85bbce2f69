"""Folders copied without copying their bytes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def link_tree(source: Path, target: Path, leave_out: str | None = None) -> None:
    """Copy a tree by hard links, or by bytes where the file system has none; `target` may be there
    already. What is named `leave_out` is not copied.
    """
    ignored = shutil.ignore_patterns(leave_out) if leave_out else None
    shutil.copytree(source, target, copy_function=link, dirs_exist_ok=True, ignore=ignored)


def link(source: str, target: str) -> str:
    """A hard link, or a copy where the file system has none; returns `target`, as `shutil.copytree` asks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
