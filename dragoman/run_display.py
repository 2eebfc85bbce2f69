"""The components of a run as they go: a live list on a terminal, one line each in a log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


class Lines:
    """For a log: a line when a component ends, and one when a component starts that may take long."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def started(self, component: str) -> None:
        self._console.print(f"{component}: started", markup=False)

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        self._console.print(
            f"{component}: {'cached' if cached else f'done in {seconds:.1f} s'}", markup=False
        )

    def failed(self, component: str, seconds: float) -> None:
        self._console.print(f"{component}: failed after {seconds:.1f} s", markup=False)

    def noted(self, text: str) -> None:
        self._console.print(f"  {text}", markup=False)


class LiveList:
    """For a terminal: all components, with what is done, what runs and what waits."""

    def __init__(self, components: Sequence[str]) -> None:
        self._states: dict[str, tuple[str, float]] = dict.fromkeys(components, ("waiting", 0.0))
        self._spinner = Spinner("dots")
        self._note = ""

    def started(self, component: str) -> None:
        self._states[component] = ("running", time.monotonic())
        self._note = ""

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        self._states[component] = ("cached" if cached else "done", seconds)

    def failed(self, component: str, seconds: float) -> None:
        self._states[component] = ("failed", seconds)

    def noted(self, text: str) -> None:
        self._note = text

    def __rich__(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for component, (state, value) in self._states.items():
            mark: RenderableType = Text(_MARKS.get(state, " "), style=_STYLES[state])
            seconds = time.monotonic() - value if state == "running" else value
            shown = f"{seconds:.1f} s" if state in ("running", "done", "failed") else ""
            style = _STYLES[state]
            table.add_row(
                self._spinner if state == "running" else mark,
                Text(component, style=style),
                Text(state, style=style),
                Text(shown, justify="right"),
                Text(
                    self._note if state == "running" else "", style="dim", no_wrap=True, overflow="ellipsis"
                ),
            )
        return table


_MARKS = {"done": "✓", "cached": "✓", "failed": "✗"}
_STYLES = {"waiting": "dim", "running": "bold", "done": "green", "cached": "cyan", "failed": "bold red"}


@contextlib.contextmanager
def display(terminal: TextIO, components: Sequence[str]) -> Iterator[Lines | LiveList]:
    """An observer of the run that shows it on `terminal`."""
    console = Console(file=terminal, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield Lines(console)
        return
    live_list = LiveList(components)
    with Live(live_list, console=console, refresh_per_second=8, redirect_stdout=False, redirect_stderr=False):
        yield live_list


@contextlib.contextmanager
def waiting(terminal: TextIO, what: str) -> Iterator[None]:
    """Show that something is being waited for."""
    console = Console(file=terminal, highlight=False)
    if not console.is_terminal:
        console.print(what, markup=False)
        yield
        return
    with console.status(what):
        yield
