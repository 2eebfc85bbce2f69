"""A folder with `runs/` and `models/` in it, moved to another place, packed and unpacked.

What Dragoman keeps holds absolute paths: `models.config` by its format, ML Metadata by TFX's.
"""

from __future__ import annotations

import sqlite3
import sys
import tarfile
from pathlib import Path

NOWHERE = "/place"
"""Where a packed folder says that it lies."""
_TEXTS = ("*.config", "*.json", "*.jsonl", "*.md")
_PATHS = (("Artifact", "uri"), ("ArtifactProperty", "string_value"), ("ExecutionProperty", "string_value"))


def unpack(archive: Path, folder: Path) -> None:
    """What `pack` packed, as if it had always been in this folder."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder)
    move(folder, NOWHERE, str(folder))


def pack(folder: Path, archive: Path) -> None:
    """Without logs, leases and names of machines; the folder itself is changed."""
    for left_out in ("runs/*/logs/*", "runs/*/.lease/*", "runs/**/events.out.tfevents*", "models/.*.lock"):
        for path in folder.glob(left_out):
            path.unlink()
    move(folder, str(folder), NOWHERE)
    with tarfile.open(archive, "w:xz") as packed:
        for name in ("models", "runs"):
            packed.add(folder / name, name, filter=_anonymous)


def move(folder: Path, before: str, after: str) -> None:
    """Rewrite the paths in all that the folder holds."""
    for path in (file for pattern in _TEXTS for file in folder.glob(f"*/**/{pattern}")):
        text = path.read_text(encoding="utf-8")
        if before in text:
            path.write_text(text.replace(before, after), encoding="utf-8")
    for path in folder.glob("runs/*/metadata.sqlite"):
        with sqlite3.connect(path) as metadata:
            for table, column in _PATHS:
                metadata.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (before, after))
        metadata.close()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
