"""Threads for long work on texts, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_MOST = 8

Made = TypeVar("Made")


class Threads:
    """A few: a thread whose caller is cancelled goes on, and so it is here that it has to be counted."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_MOST, "texts")

    async def run(self, work: Callable[[], Made]) -> Made:
        """Its result."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
