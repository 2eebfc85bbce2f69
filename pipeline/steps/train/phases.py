"""How long the parts of a component took: `seconds.json`, beside what it put out."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

FILE_NAME = "seconds.json"


class Phases:
    """Seconds by phase, in their order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Count the block as this phase."""
        began = time.monotonic()
        yield
        self.seconds[phase] = round(time.monotonic() - began, 3)

    def save(self, folder: Path) -> None:
        """Write them into the folder of an artifact."""
        (folder / FILE_NAME).write_text(json.dumps(self.seconds), encoding="utf-8")


def read_phases(folder: Path) -> dict[str, float]:
    """What `save` wrote; nothing where it never did."""
    path = folder / FILE_NAME
    seconds: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return seconds
