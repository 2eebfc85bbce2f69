"""`history.jsonl`: every change of a label or of what is on disk, appended durably."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.files import sync
from serving import reserve
from serving.rollout.lock import who
from serving.storage import refusing

FILE_NAME = "history.jsonl"
Action = Literal["promote", "canary", "withdraw", "rollback", "retire", "put back", "repair"]


class Change(BaseModel):
    """One line: when, who, which model, what, from which version to which, why, and models.config then."""

    model_config = ConfigDict(populate_by_name=True)

    when: AwareDatetime = Field(default_factory=lambda: datetime.now(timezone.utc))
    who: str = Field(default_factory=who)
    model: str
    action: Action
    before: int | None = Field(None, alias="from")
    to: int | None = None
    why: str = ""
    keep_loaded: bool | None = None
    """Of a rollback: whether what is newer stays loaded; None, as it does, in lines of older Dragomans."""
    config: str = ""
    """The text of models.config once the change is made, for a repair; empty in lines of older Dragomans."""


def append(model_root: Path, change: Change) -> None:
    """Add a line; a half line that a crash left is ended first.

    Raises:
        RolloutRefusedError: it cannot be written.
    """
    path = model_root / FILE_NAME
    # The reason comes from the command line, which may hold bytes that are no UTF-8.
    change = change.model_copy(update={"why": change.why.encode("utf-8", "replace").decode()})
    line = change.model_dump_json(by_alias=True).encode() + b"\n"

    def write() -> None:
        with path.open("a+b") as file:
            whole = True
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                whole = file.read(1) == b"\n"
            file.write(line if whole else b"\n" + line)
            file.flush()
            os.fsync(file.fileno())
        sync(model_root)

    with refusing(f"write {path}"):
        reserve.with_room(model_root, write)


def changes(model_root: Path, model: str | None) -> list[Change]:
    """The model's changes, or all, oldest first; lines that are none (cut off by a crash, or edited by hand)
    are passed over.

    Raises:
        RolloutRefusedError: the file cannot be read.
    """
    path = model_root / FILE_NAME
    with refusing(f"read {path}"):
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
    entries = []
    for line in lines:
        try:
            entries.append(Change.model_validate_json(line))
        except ValidationError:
            continue
    return [change for change in entries if model in (None, change.model)]


def stable_before(model_root: Path, model: str, current: int) -> list[int]:
    """The versions that were stable before `current`, the latest first.

    Promotions pile up and a rollback takes the top one off, so that rolling back twice goes two back and
    never returns to the version that was rolled back from.
    """
    pile: list[int] = []
    for change in changes(model_root, model):
        if change.action == "promote" and change.to is not None:
            if change.before is not None:
                # A line is written before its change is made: one killed in between counts for nothing.
                pile = [*_below(pile, change.before), change.before]
            pile.append(change.to)
        elif change.action == "rollback" and change.to is not None:
            while pile and pile[-1] != change.to:
                pile.pop()
    return _below(pile, current)[::-1]


def unfinished(model_root: Path, model: str, stable: int) -> bool:
    """Whether the latest change is a rollback to `stable` after which everything newer was to be unloaded."""
    entries = changes(model_root, model)
    last = entries[-1] if entries else None
    return last is not None and last.action == "rollback" and last.to == stable and last.keep_loaded is False


def _below(pile: list[int], version: int) -> list[int]:
    # What lies under the version's last place; all of it where it has none.
    rest = list(pile)
    if version in rest:
        while rest.pop() != version:
            pass
    while rest and rest[-1] == version:
        rest.pop()
    return rest
