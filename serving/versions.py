"""Versions on disk: which folders below a model root are models, and which of their folders are versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from serving.storage import refusing

LARGEST = 2**63 - 1
"""A version is an int64."""
_NUMBER = re.compile(r"\s*(-?)0*([0-9]{1,19})\s*", re.ASCII)


def parse(name: str) -> int | None:
    """The number that TensorFlow Serving makes of a child's name (`001` is 1), None where it makes none."""
    match = _NUMBER.fullmatch(name)
    number = int("".join(match.groups())) if match else LARGEST + 1
    return number if -LARGEST - 1 <= number <= LARGEST else None


def numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    """The child directories with a number, whole or not, by name; of `001` and `1` the last one counts.

    Raises:
        OSError: the folder cannot be read.
    """
    for child in sorted(folder.iterdir()):
        number = parse(child.name)
        if number is not None and child.is_dir():
            yield number, child


def versions(folder: Path) -> dict[int, Path]:
    """The complete versions of a model by number, ascending: those with a saved_model.pb.

    Raises:
        RolloutRefusedError: the folder is there and cannot be read.
    """
    with refusing(f"read {folder}"):
        try:
            folders = sorted(dict(numbered(folder)).items())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return {number: path for number, path in folders if (path / "saved_model.pb").is_file()}


_FOREIGN = frozenset({"lost+found"})  # ext4's own, for root alone


def models(model_root: Path) -> dict[str, dict[int, Path]]:
    """The models below a model root by name, each with its versions; those without any are left out.

    So are names that are no UTF-8: no configuration can hold them.

    Raises:
        RolloutRefusedError: a folder is there and cannot be read.
    """
    with refusing(f"read {model_root}"):
        try:
            folders = sorted(model_root.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        by_name = {
            folder.name: versions(folder)
            for folder in folders
            if is_text(folder.name) and folder.name not in _FOREIGN and folder.is_dir()
        }
    return {name: by_number for name, by_number in by_name.items() if by_number}


def is_text(name: str) -> bool:
    """Whether it can be written as UTF-8, which names from the command line or a folder need not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
