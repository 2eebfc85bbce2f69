"""Versions on disk: which folders below a model root are models, and which of their folders are versions."""

from __future__ import annotations

from pathlib import Path

_LARGEST = 2**63 - 1  # a version is an int64


def versions(folder: Path) -> dict[int, Path]:
    """The complete versions of a model by number, ascending: named by digits, with a saved_model.pb."""
    try:
        children = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = {
        int(child.name): child
        for child in children
        if child.name.isascii() and child.name.isdecimal() and (child / "saved_model.pb").is_file()
    }
    return {number: found[number] for number in sorted(found) if number <= _LARGEST}


def models(model_root: Path) -> dict[str, dict[int, Path]]:
    """The models below a model root by name, each with its versions; those without any are left out.

    So are names that are no UTF-8: no configuration can hold them.
    """
    try:
        folders = sorted(model_root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found = {folder.name: versions(folder) for folder in folders if _is_text(folder.name)}
    return {name: there for name, there in found.items() if there}


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
