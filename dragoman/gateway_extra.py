"""What the gateway needs beyond a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.console import fail


@contextmanager
def needs_gateway() -> Iterator[None]:
    """Say how to install what is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: pip install '.[gateway]' in Dragoman's checkout")
