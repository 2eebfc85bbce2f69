"""A database that says nothing for as long as a test wants: as one whose packets are dropped, or one that is
stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from serving.gateway.database.database import Database


class SilentDatabase(Database):
    """It speaks until `speaks` is cleared."""

    def __init__(self, url: str, seconds: float = 10.0) -> None:
        self.speaks = threading.Event()
        self.speaks.set()
        super().__init__(url, seconds)

    @contextmanager
    def session(self) -> Iterator[Session]:
        self._wait()
        with super().session() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        self._wait()
        with super().reading() as session:
            yield session

    def _wait(self) -> None:
        assert self.speaks.wait(30), "nobody lets the database speak again"
