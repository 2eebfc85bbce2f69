"""Files that others read while they are written: at any moment the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

WRITING = ".writing-"
"""What the name of a file in the making begins with; a killed process leaves one behind."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write a file to, which takes its place when the block ends, and is on the disk
    when this returns. Of a block that raises nothing is left."""
    with beside(path) as temporary:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
    sync(path.parent)


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A name in the folder of `path` that nobody has; a file of that name is gone afterwards."""
    temporary = path.with_name(f"{WRITING}{uuid.uuid4().hex}-{path.name}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Replace a small file."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sync(path: Path) -> None:
    """fsync of a file or folder; a folder's entries are only durable when it is synced itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
