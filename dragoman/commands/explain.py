"""`dragoman explain`: where a served model looked, as a table, as data and as a picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dragoman.client_options import (
    ADDRESS,
    DEADLINE,
    LABEL,
    MODEL,
    ROOT,
    TLS,
    TLS_CA,
    TLS_CERTIFICATE,
    TLS_KEY,
    TLS_NAME,
    TO,
    VERSION,
    WAIT,
    bad_parameter,
    only_model,
    tls_of,
)
from dragoman.console import err, fail, print_json
from dragoman.table import show_table

if TYPE_CHECKING:
    from serving.client.requests import Explanation


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "explain", epilog='Example: dragoman explain "The girl reads a book." --picture attention.svg'
    )(explain)


def explain(
    text: str = typer.Argument(..., help="One sentence; it is not split."),
    picture: Path = typer.Option(None, "--picture", help="A heatmap, NAME.svg or NAME.png."),
    address: str = ADDRESS,
    model: str = MODEL,
    model_root: Path = ROOT,
    label: str = LABEL,
    version: int = VERSION,
    to: str = TO,
    wait: float = WAIT,
    deadline: float = DEADLINE,
    tls: bool = TLS,
    tls_ca: Path = TLS_CA,
    tls_certificate: Path = TLS_CERTIFICATE,
    tls_key: Path = TLS_KEY,
    tls_name: str = TLS_NAME,
    as_json: bool = typer.Option(False, "--json", help="Pieces and attention[target][source] as JSON."),
) -> None:
    """Translate TEXT, and say for each piece of the translation where in TEXT the model looked for it.

    A model without attention looks at all pieces alike.
    """
    from dragoman.heatmap import FORMATS, draw_heatmap
    from serving.client import Client

    if picture is not None and picture.suffix not in FORMATS:
        raise typer.BadParameter(f"--picture: {picture} should end in {' or '.join(FORMATS)}")
    name = model or only_model(model_root)
    with bad_parameter():
        client = Client(
            address,
            model=name,
            label=label,
            version=version,
            deadline=deadline,
            wait=wait,
            to=to,
            tls=tls_of(tls, tls_ca, tls_certificate, tls_key, tls_name),
        )
    with client:
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
