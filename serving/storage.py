"""Failures of the disk that refuse an operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.disk import describe
from serving.errors import RolloutRefusedError


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Tell a failure of the disk as one line: that it is not possible to do `what`, why, and the cure.

    Raises:
        RolloutRefusedError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise RolloutRefusedError(f"cannot {what}: {describe(error)}") from error
