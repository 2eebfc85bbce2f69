"""An export, its vocabulary and its answers, made by commit fff8562, before `texts.normalisation`."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack_before(folder: Path) -> Path:
    """The folder with `export`, `vocabulary` and `answers.json` in it."""
    with tarfile.open(Path(__file__).with_name("before.tar.xz")) as archive:
        archive.extractall(folder)
    return folder
