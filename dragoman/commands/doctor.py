"""`dragoman doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from contracts.errors import ExitCode
from dragoman.console import out, print_json


def doctor(json_: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Say what is at hand on this machine, and what is missing for what."""
    from rich.table import Table

    from dragoman.doctor import as_json, examine

    findings = examine(Path.cwd())
    if json_:
        print_json(as_json(findings))
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("", "what", "found", "needed for"):
            table.add_column(heading)
        marks = {"ok": "[green]ok[/]", "absent": "[yellow]--[/]", "missing": "[red]missing[/]"}
        for finding in findings:
            cells = (finding.name, finding.detail, finding.needed_for)
            table.add_row(marks[finding.state], *map(escape, cells))
        out.print(table)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: dragoman doctor --json", rich_help_panel="This machine")(doctor)
