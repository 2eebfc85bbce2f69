"""Room kept on a model root's volume for the hour when there is none: a rollback must go through then.

A file of no use to anybody, which is given up slice by slice where a small write finds the volume full, in
the end as a whole, which leaves room for the entry of another file (an inode), and filled again as soon as
there is room.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from contracts.files import sync

FILE_NAME = ".reserve"
_SLICE = 32 << 10  # bytes: more than models.config and a line of the history take
_SLICES = 8
_FULL = (errno.ENOSPC, errno.EDQUOT)

Done = TypeVar("Done")


def keep(folder: Path) -> None:
    """Fill the reserve, as far as the volume has room; a volume that cannot be written has none."""
    path = folder / FILE_NAME
    with suppress(OSError), path.open("ab", buffering=0) as file:
        whole = file.tell() // _SLICE
        if whole >= _SLICES:
            return
        try:
            # Nothing that a file system could leave out or make smaller.
            for _ in range(whole, _SLICES):
                file.write(os.urandom(_SLICE))
            os.fsync(file.fileno())
        finally:
            file.truncate(min(os.fstat(file.fileno()).st_size // _SLICE, _SLICES) * _SLICE)


def with_room(folder: Path, write: Callable[[], Done]) -> Done:
    """What `write` gives; where it finds the volume full, it is called again with a slice of the reserve.

    Raises:
        OSError: it fails for another reason, or the reserve is used up.
    """
    while True:
        try:
            return write()
        except OSError as error:
            if error.errno not in _FULL or not _given_up(folder / FILE_NAME):
                raise


def _given_up(path: Path) -> bool:
    """Whether there was a slice to give up, or the file itself."""
    try:
        left = path.stat().st_size - _SLICE
        if left < 0:
            path.unlink()
            sync(path.parent)
        else:
            os.truncate(path, left)
            sync(path)
    except OSError:
        return False
    return True
