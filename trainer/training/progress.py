"""What a person sees while a model trains: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

_LINE_EVERY_SECONDS = 30.0


class TrainingProgress:
    """Reports steps, loss, tokens/s and time left; a context manager."""

    def __init__(
        self, total_steps: int, first_step: int, stream: TextIO | None = None, seconds: float = math.inf
    ) -> None:
        """`seconds`: training ends after so many at the latest."""
        self._console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
        self._total, self._seconds = total_steps, seconds
        self._began = self._last_line = time.monotonic()
        self._paced = first_step, self._began
        """From where the pace is counted, a step and when it ended."""
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[facts]}"),
                TimeElapsedColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task("training", total=total_steps, completed=first_step, facts="")

    def __enter__(self) -> TrainingProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, step: int, loss: float, tokens_per_second: float) -> None:
        """Called after every step; the speed is 0 where it is not known yet."""
        now = time.monotonic()
        facts = f"loss {loss:.3f}"
        if tokens_per_second:
            first, began = self._paced
            each = (now - began) / max(1, step - first)
            left = min(each * (self._total - step), max(0.0, self._seconds - (now - self._began)))
            facts += f"  {tokens_per_second:,.0f} tokens/s  at most {left / 60:.0f} min left"
        else:
            # The first step compiles the graph: it says nothing of those to come.
            self._paced = step, now
        if self._bar:
            self._bar.update(self._task, completed=step, facts=facts)
        elif now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            self.say(f"step {step}/{self._total}  {facts}")

    def say(self, message: str) -> None:
        """A line that stays."""
        self._console.print(message, markup=False)
