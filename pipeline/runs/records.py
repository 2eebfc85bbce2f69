"""What each run of a workspace came to: `runs.jsonl`, a line a run, and the newest report at one address.

Read without TensorFlow or ML Metadata, so that `dragoman runs` lists hundreds of runs at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ValidationError

from contracts.files import replace_text

FILE_NAME = "runs.jsonl"
LATEST_REPORT = Path("report") / "latest.html"


class RunRecord(BaseModel):
    """A run that has ended; scores from 0 to 100, None where it did not come so far."""

    began: AwareDatetime
    outcome: Literal["pushed", "unchanged", "refused", "failed"]
    reason: str
    bleu: float | None = None
    baseline_bleu: float | None = None
    version: int | None = None
    seconds: float | None = None
    report: Path | None = None
    log: Path | None

    @classmethod
    def of_outcome(cls, began: datetime, facts: Mapping[str, Any]) -> RunRecord:
        """Of a run that went through all its components, from what `run --json` prints; a recipe need not
        evaluate, push or report."""
        done = "pushed" if facts.get("pushed") else "unchanged"
        return cls(
            began=began,
            outcome=done if facts["blessed"] else "refused",
            reason=facts["reason"],
            bleu=facts.get("bleu"),
            baseline_bleu=facts.get("baseline_bleu"),
            version=facts.get("version"),
            seconds=facts["seconds"]["total"],
            report=facts.get("report"),
            log=facts["log"],
        )

    @classmethod
    def of_failure(cls, began: datetime, error: BaseException, log: Path | None) -> RunRecord:
        """Of a run that an error or its user ended; one that never began has no log."""
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
        return cls(began=began, outcome="failed", reason=reason, log=log)


def keep(workspace: Path, record: RunRecord, report: Path | None = None) -> None:
    """Add a line, and put a copy of the report where the newest one is always found.

    A run has ended when this is called: that it cannot be written down is logged, and changes nothing.
    """
    try:
        with (workspace / FILE_NAME).open("ab+") as file:
            cut = file.tell() and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
            file.write(b"\n" * bool(cut) + record.model_dump_json().encode() + b"\n")
        if report is not None:
            latest = workspace / LATEST_REPORT
            latest.parent.mkdir(exist_ok=True)
            replace_text(latest, report.read_text(encoding="utf-8"))
    except OSError as error:
        logging.warning("this run is missing in %s: %s", workspace / FILE_NAME, error)


def records(workspace: Path) -> Iterator[RunRecord]:
    """The runs of a workspace, oldest first; a line that a kill has cut is passed over."""
    with contextlib.suppress(FileNotFoundError), (workspace / FILE_NAME).open("rb") as file:
        for line in file:
            with contextlib.suppress(ValidationError):
                yield RunRecord.model_validate_json(line)


def workspaces(folder: Path) -> Iterator[Path]:
    """The workspaces in a folder, or the folder itself where it is one."""
    if (folder / FILE_NAME).is_file():
        yield folder
        return
    yield from (path.parent for path in sorted(folder.glob(f"*/{FILE_NAME}")))
