"""What is told to whoever watches a run: by the runner about components, and by a component how far it is."""

from __future__ import annotations

import io
from typing import Protocol, TextIO


class Observer(Protocol):
    """Is told about components, by their ids, in the order of the pipeline."""

    def started(self, component: str) -> None:
        """The component is next; it may turn out to be cached."""

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        """It ended well; `cached`: its results from before were taken."""

    def failed(self, component: str, seconds: float) -> None:
        """It raised."""

    def noted(self, text: str) -> None:
        """The running component says how far it is, in one line."""


observers: list[Observer] = []
"""Who watches now."""


class Noting(io.TextIOBase):
    """A stream for the progress of a component: what is written goes on to `log`, and line by line to the
    observer.
    """

    def __init__(self, log: TextIO) -> None:
        super().__init__()
        self._log, self._line = log, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._log.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in filter(None, map(str.strip, lines)):
            for observer in observers:
                observer.noted(line)
        return len(text)

    def flush(self) -> None:
        self._log.flush()
