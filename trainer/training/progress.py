"""What a person sees while a model trains: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_LINE_EVERY_SECONDS = 30.0


class TrainingProgress:
    """Reports steps, loss, tokens/s and time left; a context manager."""

    def __init__(self, total_steps: int, first_step: int, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
        self._total = total_steps
        self._first_step, self._began, self._last_line = first_step, time.monotonic(), time.monotonic()
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[facts]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
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
        """Called after every step."""
        facts = f"loss {loss:.3f}  {tokens_per_second:,.0f} tokens/s"
        if self._bar:
            self._bar.update(self._task, completed=step, facts=facts)
            return
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            left = (now - self._began) / max(1, step - self._first_step) * (self._total - step)
            self.say(f"step {step}/{self._total}  {facts}  at most {left / 60:.0f} min left")

    def say(self, message: str) -> None:
        """A line that stays."""
        self._console.print(message, markup=False)
