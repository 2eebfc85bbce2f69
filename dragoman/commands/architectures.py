"""`dragoman architectures`: what `model: {architecture: …}` can name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.console import print_json
from dragoman.table import show_table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: dragoman architectures --json", rich_help_panel="This machine")(
        architectures
    )


def architectures(
    extensions: Annotated[
        list[Path] | None,
        typer.Option("--extensions", help="a folder of your own, as in a run's YAML; repeat it for more"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON list, with the keys of each.")] = False,
) -> None:
    """List the architectures that `model.architecture` can name: what each is, what it costs, where it is
    good. Their keys are in docs/configuration.md."""
    from contracts.kinds import add_folders
    from trainer.models.base import ArchitectureConfig

    add_folders(extensions or ())
    things = ArchitectureConfig.things()
    if json_:
        print_json([_described(name, one) for name, one in things.items()])
        return
    show_table(
        ("architecture", "what it is", "costs", "good for"),
        [[name, _first_line(one), one.costs, one.suits] for name, one in things.items()],
    )


def _described(name: str, thing: type) -> dict[str, object]:
    from trainer.models.base import ArchitectureConfig

    assert issubclass(thing, ArchitectureConfig)
    keys = {key: field.description or "" for key, field in thing.model_fields.items() if key != thing.word}
    return {
        "architecture": name,
        "what": _first_line(thing),
        "costs": thing.costs,
        "suits": thing.suits,
        "default": name == thing.default,
        "keys": keys,
    }


def _first_line(thing: type) -> str:
    """The first sentence of its docstring, on one line."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())
