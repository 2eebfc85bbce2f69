"""What the runner is doing, told to an observer.

LocalDagRunner has no hooks. It and its launcher announce each step through absl's log with constant texts
(TFX is pinned to one version, and a test holds the texts), so that is where we listen.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Protocol


class Observer(Protocol):
    """Is told about components, by their ids, in the order of the pipeline."""

    def started(self, component: str) -> None:
        """The component is next; it may turn out to be cached."""

    def finished(self, component: str, seconds: float, cached: bool) -> None:
        """It ended well; `cached`: its results from before were taken."""

    def failed(self, component: str, seconds: float) -> None:
        """It raised."""


class _Listener(logging.Handler):
    """Turns the runner's log records into calls."""

    def __init__(self, observer: Observer) -> None:
        super().__init__(logging.INFO)
        self.observer = observer
        self.current: str | None = None
        self.began = 0.0
        self.cached = False

    def emit(self, record: logging.LogRecord) -> None:
        text, values = record.msg, record.args
        if text == "Component %s is running." and isinstance(values, tuple):
            self.current, self.began, self.cached = str(values[0]), time.monotonic(), False
            self.observer.started(self.current)
        elif text == "A cached execution %d is used.":
            self.cached = True
        elif text == "Component %s is finished." and self.current is not None:
            self.observer.finished(self.current, self.seconds(), self.cached)
            self.current = None

    def seconds(self) -> float:
        return time.monotonic() - self.began


@contextlib.contextmanager
def watching(observer: Observer) -> Iterator[None]:
    """Tell the observer what the runner does inside the block."""
    logger, listener = logging.getLogger("absl"), _Listener(observer)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(listener)
    try:
        yield
    except BaseException:
        if listener.current is not None:
            observer.failed(listener.current, listener.seconds())
        raise
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
