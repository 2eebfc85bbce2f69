"""Arrays and a JSON object in one file, which is visible only when it is whole."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from trainer.errors import TrainerError

_META = "__meta__"


def write_arrays(path: Path, arrays: Sequence[np.ndarray], meta: dict[str, Any]) -> None:
    """Write arrays and a JSON object into one .npz file; `path` appears at once, when all is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Any: numpy 2 declares `allow_pickle` among the names that `savez` takes.
    named: dict[str, Any] = {f"{index:05d}": array for index, array in enumerate(arrays)}
    named[_META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        with temporary.open("wb") as file:
            _write_npz(file, named)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_npz(file: BinaryIO, named: dict[str, np.ndarray]) -> None:
    """As np.savez, which leaves its archive open where the disk is full: when that is collected, it writes to
    the closed file, and its complaint of that is the last that a user reads.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in named.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_arrays(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """What `write_arrays` wrote.

    Raises:
        TrainerError: the file is damaged, or something else wrote it.
    """
    try:
        with np.load(path) as stored:
            names = sorted(name for name in stored.files if name != _META)
            return [stored[name] for name in names], json.loads(stored[_META].tobytes())
    except (OSError, EOFError, ValueError, KeyError, AttributeError, zlib.error, zipfile.BadZipFile) as error:
        raise TrainerError(
            f"{path} cannot be read ({error}): it was damaged after it was written; "
            f"delete the folder {path.parent} and train again"
        ) from error
