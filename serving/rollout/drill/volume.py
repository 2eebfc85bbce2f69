"""The shared volume of the drill: a small tmpfs that can be filled where this user may mount one."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SIZE = 32 << 20
_LEFT = 256 << 10  # bytes that a full volume still has: less than a version, enough for models.config
_CHUNK = b"\0" * (1 << 20)
_CLONE_NEWNS = 0x00020000  # unshare(2)


@dataclass(frozen=True)
class Volume:
    """A model root, and whether it can be filled."""

    root: Path
    is_small: bool

    @property
    def ballast(self) -> Path:
        """The file that fills it."""
        return self.root / ".ballast"

    @contextmanager
    def full(self) -> Iterator[None]:
        """Hardly any space is left within."""
        try:
            with self.ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(_CHUNK)
                except OSError:
                    file.truncate(max(file.tell() - _LEFT, 0))
            yield
        finally:
            self.ballast.unlink(missing_ok=True)


@contextmanager
def volume(folder: Path) -> Iterator[Volume]:
    """A model root in `folder`, on a tmpfs of its own if that can be mounted."""
    root = folder / "models"
    root.mkdir()
    mounted = _mounted(root)
    try:
        yield Volume(root, mounted)
    finally:
        if mounted:
            _succeeds(["umount", "--lazy", str(root)])


def _mounted(root: Path) -> bool:
    """In a mount namespace of this thread and of what it starts: the volume goes with the last of them,
    also after a SIGKILL."""
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is None or unshare(_CLONE_NEWNS):
        return False  # no Linux, or not allowed
    # Private: where mounts are shared, all other processes would be given it too.
    tmpfs = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "dragoman-drill", str(root)]
    return _succeeds(["mount", "--make-rprivate", "/"]) and _succeeds(tmpfs)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
