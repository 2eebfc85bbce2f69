"""Retention as a user sees it: see `pipeline.schedule.retention`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.errors import DragomanError
from dragoman.console import err

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.schedule.retention import Retained
    from pipeline.workspace.workspace import Workspace


def tidy_after_run(config: RunConfig, workspace: Workspace) -> None:
    """Retain; what goes wrong is said, and takes nothing from a run that has pushed."""
    from pipeline.errors import LeaseLostError
    from pipeline.schedule.retention import retain

    try:
        tell_retained(retain(config, workspace))
    except LeaseLostError:
        raise
    except (DragomanError, OSError) as error:
        err.print(f"warning: old versions and artifacts stay: {error}", markup=False)


def tell_retained(retained: Retained) -> None:
    """Line by line."""
    for line in retained.lines():
        err.print(line, markup=False)
