"""Version numbers: read as TensorFlow Serving reads them, and never given twice."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import PushError
from pipeline.push.durable import replace_text

HIGH_WATER = ".versions"
_LARGEST = 2**63 - 1
_NUMBER = re.compile(r"\s*-?[0-9]+\s*", re.ASCII)


def parse_version(name: str) -> int | None:
    """The number that the server makes of a child's name (`001` is 1), None where it makes none."""
    if not _NUMBER.fullmatch(name):
        return None
    # 20 characters hold any int64; a longer name of leading zeros is still one.
    digits = name.strip().lstrip("-").lstrip("0") or "0"
    if len(digits) > 19:
        return None
    value = int(digits) * (-1 if name.strip().startswith("-") else 1)
    return value if -_LARGEST - 1 <= value <= _LARGEST else None


def versions_on_disk(folder: Path) -> dict[int, Path]:
    """The version children, whole or not."""
    found = {}
    for name in sorted(os.listdir(folder)):
        number = parse_version(name)
        if number is not None:
            found[number] = folder / name
    return found


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
    number = parse_version(text)
    if number is None:
        raise PushError(f"{path} holds no number: write the highest version ever pushed into it")
    return number


def _of_history(model_root: Path, model_name: str) -> Iterator[int]:
    """Versions that rollouts have named; lines that cannot be read name none."""
    try:
        lines = (model_root / "history.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("model") == model_name:
            yield from (value for key in ("from", "to") if isinstance(value := entry.get(key), int))


def next_version(model_root: Path, model_name: str) -> int:
    """One above every version that is, or ever was, of this model.

    Raises:
        PushError: the record of versions is unreadable, or there is no higher number.
    """
    folder = model_root / model_name
    known = [*versions_on_disk(folder), *_of_history(model_root, model_name), _high_water(folder), 0]
    highest = max(known)
    if highest >= _LARGEST:
        raise PushError(f"{folder} has a version {highest}, above which there is none: remove or rename it")
    return highest + 1


def remember(folder: Path, version: int) -> None:
    """Record that a number is taken, before it becomes visible: it may be deleted before the next push."""
    replace_text(folder / HIGH_WATER, f"{version}\n")
