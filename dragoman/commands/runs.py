"""`dragoman runs`: what earlier runs came to, with their scores and where their reports lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.console import err, fail, print_json
from dragoman.table import show_table

if TYPE_CHECKING:
    from pipeline.runs.records import RunRecord

_NOTHING = "–"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("runs", epilog="Example: dragoman runs runs/embedded --last 5")(runs)


def runs(
    workspace: Annotated[
        Path, typer.Argument(metavar="WORKSPACE", help="of one run, or the folder of all of them")
    ] = Path("runs"),
    last: Annotated[int, typer.Option("--last", min=1, help="so many of the newest of each")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON list")] = False,
) -> None:
    """List the runs that ended: what came of them, BLEU, version, time, report. The newest report of a
    workspace is always its report/latest.html."""
    from pipeline.runs.records import LATEST_REPORT, records, workspaces

    if not workspace.is_dir():
        fail(f"no folder {workspace.absolute()}: give the workspace, as the runs' `workspace:` names it")
    recent = {path: list(records(path))[-last:] for path in workspaces(workspace)}
    if as_json:
        print_json(
            [
                {"name": path.name, **record.model_dump(mode="json")}
                for path, ended in recent.items()
                for record in ended
            ]
        )
        return
    rows = [_row(path.name, record) for path, ended in recent.items() for record in ended]
    if not rows:
        err.print(f"no run has ended in {workspace}", markup=False)
        return
    columns = ("run", "began", "outcome", "BLEU", "before", "version", "took", "report or reason")
    show_table(columns, rows, {3, 4, 5, 6}, _style)
    for path in recent:
        if (path / LATEST_REPORT).is_file():
            err.print(f"newest report of {path.name}: {path / LATEST_REPORT}", markup=False)


def _row(name: str, record: RunRecord) -> list[str]:
    shown: list[Any] = [
        *(f"{score:.1f}" if score is not None else None for score in (record.bleu, record.baseline_bleu)),
        record.version,
        f"{record.seconds / 60:.1f} min" if record.seconds is not None else None,
        record.report if record.report else "".join(record.reason.splitlines()[:1])[:100],
    ]
    moment = record.began.astimezone().strftime("%Y-%m-%d %H:%M")
    return [name, moment, record.outcome, *(_NOTHING if cell is None else str(cell) for cell in shown)]


def _style(cell: str) -> str:
    return {"pushed": "bold green", "refused": "yellow", "failed": "red"}.get(cell, "")
