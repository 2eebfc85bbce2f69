"""Version numbers: never given twice."""

from __future__ import annotations

from pathlib import Path

from contracts.files import replace_text
from pipeline.errors import PushError
from serving.errors import ServingError
from serving.rollout import history
from serving.versions import LARGEST, numbered, parse

HIGH_WATER = ".versions"


def _high_water(folder: Path) -> int:
    path = folder / HIGH_WATER
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0
    except (OSError, UnicodeDecodeError) as error:
        raise PushError(
            f"cannot read {path} ({error}): write the highest version ever pushed into it"
        ) from error
    number = parse(text)
    if number is None:
        raise PushError(f"{path} holds no number: write the highest version ever pushed into it")
    return number


def _of_history(model_root: Path, model_name: str) -> list[int]:
    """Versions that rollouts have named; lines that cannot be read name none."""
    try:
        changes = history.changes(model_root, model_name)
    except ServingError as error:
        raise PushError(str(error)) from error
    return [version for change in changes for version in (change.before, change.to) if version is not None]


def next_version(model_root: Path, model_name: str) -> int:
    """One above every version that is, or ever was, of this model.

    Raises:
        PushError: the record of versions is unreadable, or there is no higher number.
    """
    folder = model_root / model_name
    numbers = [number for number, _ in numbered(folder)]
    highest = max(*numbers, *_of_history(model_root, model_name), _high_water(folder), 0)
    if highest >= LARGEST:
        raise PushError(f"{folder} has a version {highest}, above which there is none: remove or rename it")
    return highest + 1


def remember(folder: Path, version: int) -> None:
    """Record that a number is taken, before it becomes visible: it may be deleted before the next push."""
    replace_text(folder / HIGH_WATER, f"{version}\n")
