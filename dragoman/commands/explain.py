"""`dragoman explain`: where a served model looked, as a table, as data and as a picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dragoman.client_options import ClientOptions
from dragoman.console import err, fail, print_json
from dragoman.option_groups import grouped
from dragoman.table import show_table

if TYPE_CHECKING:
    from serving.client.requests import Explanation


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "explain", epilog='Example: dragoman explain "The girl reads a book." --picture attention.svg'
    )(explain)


@grouped
def explain(
    *,
    text: str = typer.Argument(..., help="One sentence; it is not split."),
    picture: Path = typer.Option(None, "--picture", help="A heatmap, NAME.svg or NAME.png."),
    server: ClientOptions,
    as_json: bool = typer.Option(False, "--json", help="Pieces and attention[target][source] as JSON."),
) -> None:
    """Translate TEXT, and say for each piece of the translation where in TEXT the model looked for it.

    A model without attention looks at all pieces alike.
    """
    from dragoman.heatmap import FORMATS, draw_heatmap

    if picture is not None and picture.suffix not in FORMATS:
        raise typer.BadParameter(f"--picture: {picture} should end in {' or '.join(FORMATS)}")
    with server.client() as client:
        [explanation] = client.explain([text])
    if picture is not None:
        try:
            draw_heatmap(explanation.source_pieces, explanation.target_pieces, explanation.attention, picture)
        except OSError as error:
            fail(f"cannot write {picture}: {error.strerror}")
        err.print(f"wrote {picture}", markup=False)
    if as_json:
        print_json(asdict(explanation))
        return
    show_table(
        ("target", "source", "weight"),
        [_row(explanation, place) for place in _places(explanation)],
        right={2},
    )


def _places(explanation: Explanation) -> range:
    return range(len(explanation.target_pieces))


def _row(explanation: Explanation, place: int) -> list[str]:
    """A target piece, the source piece that it looked at most, and how much."""
    weights = explanation.attention[place]
    best = max(range(len(weights)), key=weights.__getitem__)
    return [explanation.target_pieces[place], explanation.source_pieces[best], f"{weights[best]:.2f}"]
