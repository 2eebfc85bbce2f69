"""The threads in which the database is waited for: few, its own, and for nobody longer than a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread, current_thread
from typing import Generic, TypeVar

from sqlalchemy import exc

_MOST = 8
"""Fewer than the connections that SQLAlchemy makes: who has a thread waits for none of these."""

Made = TypeVar("Made")


class _Call(Thread, Generic[Made]):
    """One call. The process ends without it: what it waits for may never come."""

    def __init__(self, work: Callable[[], Made]) -> None:
        super().__init__(name="database", daemon=True)
        self.ended: Future[Made] = Future()
        self.is_late = False
        self._work = work

    def run(self) -> None:
        """Do it."""
        try:
            self.ended.set_result(self._work())
        except BaseException as error:
            self.ended.set_exception(error)


class DatabaseThreads:
    """For one database and nothing else: one that says nothing takes these, and what else waits in threads
    goes on. A call that is given up has its thread until the database says something, or its connection ends.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds`: for a call, waiting for a thread included."""
        self._seconds = seconds
        self._free = asyncio.Semaphore(_MOST)

    async def run(self, work: Callable[[], Made]) -> Made:
        """Its result. If this is cancelled, work that has begun goes on.

        Raises:
            sqlalchemy.exc.TimeoutError: it is not there in time, and what was to be written is not, then or
                later (`refuse_late`).
        """
        call = _Call(work)
        task = asyncio.ensure_future(self._ended(call))
        try:
            await asyncio.wait({task}, timeout=self._seconds)
            if task.done():
                return task.result()
            call.is_late = True
            raise exc.TimeoutError(f"the database has not answered within {self._seconds:g} s")
        finally:
            task.cancel()

    async def _ended(self, call: _Call[Made]) -> Made:
        await self._free.acquire()
        try:
            call.start()
        except RuntimeError:  # There are no more threads.
            self._free.release()
            raise
        ended = asyncio.wrap_future(call.ended)
        ended.add_done_callback(self._leave)
        return await asyncio.shield(ended)  # A thread goes on when nobody waits for it, and has its place.

    def _leave(self, ended: asyncio.Future[Made]) -> None:
        self._free.release()
        ended.exception()  # Looked at, or asyncio's log would have it when nobody waits any more.


def refuse_late() -> None:
    """In a call, before it commits: its caller may have given up, and have said that nothing is written.

    Raises:
        sqlalchemy.exc.TimeoutError: so it is.
    """
    call = current_thread()
    if isinstance(call, _Call) and call.is_late:
        raise exc.TimeoutError("nobody waits for this call to the database any more")
