"""Folders copied without copying their bytes, and removed so that no half of one is ever met."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

REMOVED = ".removed-"
"""How the names of folders begin that are being removed."""


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


def remove(folder: Path) -> None:
    """Take a folder away with one rename, then delete it; also what killed removals beside it have left.

    Raises:
        OSError: it cannot be taken away.
    """
    folder.rename(folder.with_name(f"{REMOVED}{uuid.uuid4().hex}"))
    remove_leftovers(folder.parent)


def remove_leftovers(parent: Path) -> None:
    """Delete what removals that were killed have left in a folder."""
    for left in parent.glob(f"{REMOVED}*"):
        shutil.rmtree(left, ignore_errors=True)
