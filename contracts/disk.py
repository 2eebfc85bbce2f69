"""The disk: folders taken away whole, and its failures told with their cure."""

from __future__ import annotations

import errno
import shutil
import uuid
from pathlib import Path

from contracts.files import sync

_ROOM = "free some space, or retire old versions"
_REMOVED = ".removed-"
_RIGHT = "give this user the right to it"
_CURES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.ENOENT: "name a folder that is there",
    errno.EROFS: "mount it for writing",
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
}


def describe(error: OSError) -> str:
    """Cause and cure."""
    cure = _CURES.get(error.errno or 0, "see that the disk and the folder are in order")
    return f"{error.strerror or error}: {cure}"


def remove(folder: Path, mark: str = _REMOVED) -> None:
    """Take a folder away with one rename, to a name that begins with `mark`, then delete it; also what killed
    removals beside it have left.

    Raises:
        OSError: it cannot be taken away.
    """
    folder.rename(folder.with_name(f"{mark}{folder.name}-{uuid.uuid4().hex}"))
    sync(folder.parent)
    remove_leftovers(folder.parent, mark)


def remove_leftovers(parent: Path, mark: str = _REMOVED) -> None:
    """Delete what removals that were killed have left in a folder."""
    for left in parent.glob(f"{mark}*"):
        shutil.rmtree(left, ignore_errors=True)
