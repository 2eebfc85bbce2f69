"""`dragoman versions`: what is on disk, loaded, labelled, and how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from dragoman.console import err, out, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("versions", rich_help_panel="Versions", epilog="Example: dragoman versions models --history")(
        versions
    )


def versions(
    model_root: Path = typer.Argument(
        Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where models were pushed to."
    ),
    model: str = typer.Option(None, "--model", help="Only this one."),
    replica: list[str] = typer.Option(
        ["127.0.0.1:8500"], "--replica", metavar="HOST:PORT", help="A server to ask."
    ),
    history: bool = typer.Option(False, "--history", help="The changes instead."),
    as_json: bool = typer.Option(False, "--json", help="One JSON list."),
) -> None:
    """List the versions of each model: on disk, loaded where, labels, scores; or what was changed."""
    from serving.rollout.overview import changes_of, overview

    found: list[dict[str, Any]] = (
        changes_of(model_root, model) if history else overview(model_root, model, replica)
    )
    if as_json:
        print_json(found)
    elif not found:
        err.print(f"nothing in {model_root}", markup=False)
    else:
        _table(found)


def _table(found: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    for name in found[0]:
        table.add_column(name)
    for row in found:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
