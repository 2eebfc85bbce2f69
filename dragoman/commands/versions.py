"""`dragoman versions`: what is on disk, loaded, labelled, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from dragoman.client_options import TlsOptions
from dragoman.console import err, fail, print_json
from dragoman.option_groups import grouped
from dragoman.rollout_options import addresses
from dragoman.table import show_table

_STATES = {"AVAILABLE": "loaded", "START": "loading", "LOADING": "loading", "UNLOADING": "unloading"}
_NOTHING = "–"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("versions", rich_help_panel="Versions", epilog="Example: dragoman versions models --history")(
        versions
    )


@grouped
def versions(
    *,
    model_root: Path = typer.Argument(
        Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where models were pushed to."
    ),
    model: str = typer.Option(None, "--model", help="Only this one."),
    replica: list[str] = typer.Option(
        ["127.0.0.1:8500"],
        "--replica",
        envvar="DRAGOMAN_REPLICAS",
        metavar="HOST:PORT",
        help="A server to ask; repeat it, or give a name that resolves to all of them.",
    ),
    tls: TlsOptions,
    history: bool = typer.Option(False, "--history", help="The changes instead."),
    as_json: bool = typer.Option(False, "--json", help="One JSON list."),
) -> None:
    """List the versions of each model: labels, loaded where, scores, when; or what was changed."""
    from serving.rollout.overview import UNREACHABLE, changes_of, overview
    from serving.rollout.replicas import Replicas

    servers = Replicas(addresses(replica), tls.settings())
    rows = changes_of(model_root, model) if history else overview(model_root, model, servers.resolve())
    if not rows and not model_root.is_dir():
        fail(f"no folder {model_root.absolute()}: give the model root, where models were pushed to")
    if as_json:
        print_json(rows)
        return
    if not rows:
        err.print(f"{'no change is recorded' if history else 'no version'} in {model_root}", markup=False)
        return
    if history:
        show_table(
            ("when", "who", "model", "action", "from", "to", "why"), map(_change, rows), {4, 5}, _style
        )
        return
    columns = ("model", "version", "languages", "labels", "loaded", "BLEU", "chrF", "created")
    show_table(columns, map(_version, rows), {1, 5, 6}, _style)
    for line in (*_by_direction(rows), *_newer_than_stable(rows)):
        err.print(line, markup=False)
    silent = sorted(
        {address for row in rows for address, state in row["loaded"].items() if state == UNREACHABLE}
    )
    if silent:
        err.print(f"warning: no answer from {', '.join(silent)}", markup=False)


def _by_direction(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The scores of each direction of models of several, under the table."""
    for row in rows:
        if row.get("directions"):
            pairs = row["directions"].items()
            scores = [f"{name} {_score(score['bleu'])} / {_score(score['chrf'])}" for name, score in pairs]
            yield f"{row['model']} {row['version']}, BLEU / chrF: {', '.join(scores)}"


def _score(score: Any) -> str:
    return f"{score:.1f}" if isinstance(score, int | float) else _NOTHING


def _newer_than_stable(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Models of which clients that name neither label nor version get another version than those who do."""
    stable = {row["model"]: row["version"] for row in rows if "stable" in row["labels"]}
    for row in rows:
        model, version = row["model"], row["version"]
        if row["without_label"] and stable.get(model, version) < version:
            cure = (
                f"`dragoman canary {model} none` ends its trial"
                if "canary" in row["labels"]
                else f"`dragoman promote {model} {stable[model]}` unloads it"
            )
            yield f"clients that name no label get {model} {version}, newer than stable: {cure}"


def _style(cell: str) -> str:
    if cell.startswith("stable"):
        return "bold green"
    return "red" if cell.startswith(("failed", "not on disk")) else ""


def _change(row: dict[str, Any]) -> list[str]:
    numbers = [_NOTHING if row[end] is None else str(row[end]) for end in ("from", "to")]
    return [_moment(row["when"]), row["who"], row["model"], row["action"], *numbers, row["why"]]


def _version(row: dict[str, Any]) -> list[str]:
    scores = [_score(row[name]) for name in ("bleu", "chrf")]
    labels = ", ".join(row["labels"]) or _NOTHING
    where = _loaded(row["loaded"]) if row["on_disk"] else f"not on disk; {_loaded(row['loaded'])}"
    languages = row["languages"] or _NOTHING
    return [row["model"], str(row["version"]), languages, labels, where, *scores, _moment(row["created"])]


def _loaded(states: dict[str, str | None]) -> str:
    """One word where all replicas agree, else which says what."""
    words = {address: _word(state) for address, state in states.items()}
    if len(set(words.values())) == 1:
        word = next(iter(words.values()))
        return f"{word} on all {len(words)}" if len(words) > 1 and word != _NOTHING else word
    return ", ".join(f"{word} on {address}" for address, word in words.items() if word != _NOTHING)


def _word(state: str | None) -> str:
    if state is None:
        return _NOTHING
    if state == "UNREACHABLE":
        return "unknown"
    return _STATES.get(state, f"failed ({state.removeprefix('END: ')[:60]})")


def _moment(written: Any) -> str:
    """A date and time as a person reads it, in the local zone, where it has a year that Python knows."""
    try:
        return (
            datetime.fromisoformat(str(written).replace("Z", "+00:00"))
            .astimezone()
            .strftime("%Y-%m-%d %H:%M")
        )
    except (ValueError, OverflowError):
        return _NOTHING
