"""What the gateway needs beyond a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from dragoman.console import fail

DATABASE = typer.Option(
    "sqlite:///dragoman-gateway.sqlite",
    "--database",
    envvar="DRAGOMAN_DATABASE",
    help="The gateway's, as SQLAlchemy's URL.",
)


@contextmanager
def needs_gateway() -> Iterator[None]:
    """Say how to install what is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install '.[gateway]' in Dragoman's checkout")
