"""`dragoman drill`: everything that happens to replicas, on this machine, while clients are answered."""

from __future__ import annotations

import importlib.util
import signal
from typing import TYPE_CHECKING

import typer

from dragoman.console import err, fail, print_json

if TYPE_CHECKING:
    from serving.rollout.drill import DrillRow

_TOYS = "pipeline.steps.push.toys"
_COLUMNS = ("step", "seconds", "requests", "failed", "versions on the replicas", "")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drill", rich_help_panel="Versions", epilog="Example: dragoman drill --json > drill.json")(
        drill
    )


def drill(
    replicas: int = typer.Option(3, min=2, help="Embedded model servers on one model root."),
    threads: int = typer.Option(16, min=1, help="Clients that send all the while."),
    within: float = typer.Option(
        2.0, min=0, help="Seconds, beside the poll of 1 s, in which every replica must follow a rollback."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the table as one JSON document."),
) -> None:
    """Rehearse rollouts and accidents with toy models, and see that no request fails.

    Promote, canary, automatic rollback, rollback by command, rolling restart, a replica stopped, one killed
    in mid-promotion, the promoting process killed, the volume full. Exit code 1 when a request failed, the
    replicas ended on different versions, or a rollback took too long. Takes some minutes; touches no model
    root of yours.
    """
    if importlib.util.find_spec("tensorflow") is None:
        fail("the drill makes and pushes models: pip install ./distributions/pipeline in Dragoman's checkout")
    from dragoman.table import show_table
    from serving.rollout.drill import Drill
    from serving.rollout.drill.fleet import DrillError

    # Both ways of ending it stop the servers and unmount the volume.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    exercise = Drill(_TOYS, replicas, threads, within)
    rows: list[DrillRow] = []
    try:
        for row in exercise.run(lambda text: err.print(f"{text} …", markup=False)):
            rows.append(row)
            err.print(f"  {_describe(row)}", markup=False)
            if row.failed:
                err.print(f"  a failed request: {row.error}", markup=False)
    except DrillError as error:
        fail(str(error))
    failed = sum(row.failed for row in rows)
    problem = next((f"{row.step}: {row.problem}" for row in rows if row.problem), "")
    if as_json:
        done = not failed and not problem
        print_json({"passed": done, "errors": exercise.errors, "steps": [row.as_json() for row in rows]})
    else:
        show_table(_COLUMNS, map(_cells, rows), right={1, 2, 3})
    if problem:
        fail(problem)
    if failed:
        fail(f"{failed} requests failed; the first: {exercise.errors[0]}")


def _describe(row: DrillRow) -> str:
    return f"{row.seconds:.1f} s, {row.requests} requests, {row.failed} failed: {row.problem or row.note}"


def _cells(row: DrillRow) -> list[str]:
    counts = [f"{row.seconds:.1f}", str(row.requests), str(row.failed)]
    return [row.step, *counts, _serves(row), row.problem or row.note]


def _serves(row: DrillRow) -> str:
    """One word where all agree, as they do after a step that went well."""
    texts = {str(served) for served in row.serves.values()}
    return f"{len(row.serves)} × ({texts.pop()})" if len(texts) == 1 else "unknown"
