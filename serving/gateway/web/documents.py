"""Documents: taken, translated beside the requests, handed out until their time is over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath

from sqlalchemy.exc import SQLAlchemyError

from contracts.errors import DataError
from serving.gateway.core.broker import Broker
from serving.gateway.core.errors import Fault, GatewayError, unwritten
from serving.gateway.core.offer import Offers
from serving.gateway.core.settings import Limits
from serving.gateway.core.shares import Shares
from serving.gateway.core.threads import Threads
from serving.gateway.core.wish import RequestOutcome, Wish
from serving.gateway.database import documents
from serving.gateway.database.database import Database
from serving.gateway.database.tables import StoredDocument
from serving.gateway.web.callers import Caller
from serving.gateway.web.fields import Upload
from texts.documents.base import Document, DocumentError, DocumentReading, read_document
from texts.documents.bilingual import bilingual

log = logging.getLogger(__name__)

_LONGEST_NAME = 200
_NUMBER = re.compile(r"[0-9a-f]{32}")
_GRACE = timedelta(minutes=1)
"""For writing that a document's time was over, before it is given up."""
_ENDED = GatewayError(Fault.OVERLOADED, "the gateway ended before it was translated: send it again")

_Translated = tuple[bytes, tuple[str, ...]]
"""A translation, and the third languages over which it went."""


@dataclass(frozen=True)
class _Taken:
    """A document that is on its way, and what says in the end why it gets no translation."""

    number: str
    secret: str
    task: asyncio.Task[GatewayError | None]


@dataclass
class Documents:
    """Those of one gateway; of one event loop."""

    database: Database
    broker: Broker
    offers: Offers
    limits: Limits
    threads: Threads
    _tasks: dict[str, asyncio.Task[GatewayError | None]] = field(default_factory=dict)
    """By a document's number."""
    _progress: dict[str, float] = field(default_factory=dict)
    """The share of each of these that is translated, 0 to 1."""
    _ends: set[asyncio.Task[None]] = field(default_factory=set)
    """That are being written, of those that were cancelled."""
    _taken: int = 0
    """Those on their way, with those that are only being read."""

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.limits.document_running)
        self._shares = Shares(self.limits.document_running + self.limits.document_waiting)
        self._kept = timedelta(hours=self.limits.document_hours)

    async def translated_and_kept(self, caller: Caller, file: Upload, wish: Wish) -> tuple[str, str]:
        """Translate a document, waited for; the name by which `download` has it, and the third languages over
        which it went, joined by commas. `wish` has its languages.

        Raises:
            GatewayError: it gets no translation, for this reason.
        """
        taken = await self._take(caller, file, wish)
        if refused := await taken.task:  # Who hangs up takes it along: nobody else knows its name.
            raise refused
        document = await self.look_up(taken.number, taken.secret)
        return f"{taken.number}-{taken.secret}.{document.name}", document.pivots

    async def download(self, name: str) -> StoredDocument:
        """A document with its translation, by the name that it was given.

        Raises:
            GatewayError: NOT_FOUND, there is none, or its time is over.
        """
        token, _, _ = name.partition(".")
        number, _, secret = token.partition("-")
        document = await self.look_up(number, secret, whole=True)
        if document.result is None:
            raise GatewayError(Fault.NOT_FOUND, "there is no such document, or its time is over")
        return document

    async def submit(self, caller: Caller, file: Upload, wish: Wish) -> tuple[str, str]:
        """Take a document; its number, and what has to be shown for it. `wish` has its languages.

        Raises:
            GatewayError: it cannot be read, is too large, or too many wait; or the caller has no characters
                left for it.
        """
        taken = await self._take(caller, file, wish)
        return taken.number, taken.secret

    async def _take(self, caller: Caller, file: Upload, wish: Wish) -> _Taken:
        with contextlib.ExitStack() as place, contextlib.ExitStack() as spending:
            place.enter_context(
                self._place(caller.name)
            )  # Before anything is awaited: meanwhile others come.
            opened = await self.threads.run(partial(self._opened, file, wish))
            spending.enter_context(caller.spending(_characters(opened)))
            time = timedelta(seconds=self.limits.document_seconds)
            number, secret = await self.database.run(
                documents.add, _result_name(file, wish), _characters(opened), time + _GRACE
            )
            spent = spending.pop_all()
            task = asyncio.create_task(self._work(number, _base_name(file), spent, opened, wish))
            task.add_done_callback(partial(self._end, number, place.pop_all(), spent))
        self._tasks[number] = task
        return _Taken(number, secret, task)

    @contextlib.contextmanager
    def _place(self, key: str) -> Iterator[None]:
        """One of all places, and of the key's.

        Raises:
            GatewayError: there is none.
        """
        if self._taken >= self.limits.document_running + self.limits.document_waiting:
            raise GatewayError(Fault.OVERLOADED, "too many documents wait: try again later", retry_after=30.0)
        with self._shares.of(key):
            self._taken += 1
            try:
                yield
            finally:
                self._taken -= 1

    def _end(
        self,
        number: str,
        place: contextlib.ExitStack,
        spent: contextlib.ExitStack,
        task: asyncio.Task[GatewayError | None],
    ) -> None:
        """`spent`: as of `_work`, which gives nothing back if it is cancelled before its first step."""
        del self._tasks[number]
        self._progress.pop(number, None)
        place.close()
        if task.cancelled():
            with contextlib.suppress(asyncio.CancelledError), spent:
                raise asyncio.CancelledError
            # By a task of its own: who is cancelled cannot wait for the database.
            end = asyncio.ensure_future(self._fail(number, _ENDED))
            self._ends.add(end)
            end.add_done_callback(self._ends.discard)

    async def look_up(self, number: str, secret: str | None, *, whole: bool = False) -> StoredDocument:
        """A document that was taken, by whichever gateway.

        Raises:
            GatewayError: NOT_FOUND, there is none, it is deleted, or it is somebody else's.
        """
        document = None
        if _NUMBER.fullmatch(number):  # PostgreSQL has no NUL, not even in a question.
            document = await self.database.run(documents.with_secret, number, secret or "", whole=whole)
        if document is None:
            raise GatewayError(Fault.NOT_FOUND, "there is no such document, or its time is over")
        return document

    def progress(self, number: str) -> float | None:
        """The share of a document that is translated, 0 to 1; None where it is not translated here."""
        return self._progress.get(number)

    async def cancel(self, number: str, secret: str | None) -> None:
        """Give up a document, done or not, and delete it: then it costs nothing. One that another gateway
        translates is ended there, for nobody.

        Raises:
            GatewayError: NOT_FOUND, as `look_up`.
        """
        await self.look_up(number, secret)
        if task := self._tasks.get(number):
            task.cancel()
            await asyncio.wait({task})
        await self.database.run(documents.remove, number)

    async def sweep(self) -> None:
        """Delete those whose time is over."""
        await self.database.run(documents.sweep)

    async def close(self) -> None:
        """Give up those that are being translated, and say so."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._ends, return_exceptions=True)

    def _opened(self, file: Upload, wish: Wish) -> Document:
        offer = self.offers.now.under(wish.label)
        source = "" if wish.source is None else offer.source(wish.source)
        try:
            opened = read_document(
                file.name, file.content, DocumentReading(source, offer.target(wish.target), wish.columns)
            )
        except DataError as error:
            raise GatewayError(Fault.INVALID, f"Invalid request: {error}") from error
        size, most = _characters(opened), self.limits.document_characters
        if size > most:
            raise GatewayError(Fault.TOO_LARGE, f"the document has {size} characters: {most} are the most")
        return opened

    async def _work(
        self, number: str, name: str, spent: contextlib.ExitStack, opened: Document, wish: Wish
    ) -> GatewayError | None:
        """`spent`: its characters, which are given back if it gets no translation."""
        try:
            with spent:
                result, pivots = await self._in_time(self._translated(number, name, opened, wish))
                if not await self.database.run(documents.finish, number, result, pivots, self._kept):
                    raise GatewayError(Fault.TIMEOUT, "the document's time is over")
            return None
        except GatewayError as error:
            refused = error
        except Exception as error:
            log.exception("a document failed", extra={"fields": {"document": number}})
            its_own = GatewayError(Fault.FAILED, "an error of the gateway's own")
            refused = unwritten() if isinstance(error, SQLAlchemyError) else its_own
        await self._fail(number, refused)
        return refused

    async def _fail(self, number: str, refused: GatewayError) -> None:
        """Write why it gets no translation."""
        try:
            await self.database.run(documents.fail, number, str(refused), self._kept)
        except SQLAlchemyError as error:  # It stays as it was, until its time is over.
            reason = str(error.__cause__ or error)
            log.error("a document's end is not written", extra={"fields": {"reason": reason}})

    async def _in_time(self, translated: Awaitable[_Translated]) -> _Translated:
        """Within the one deadline of a document, which its waiting counts for, too."""
        seconds = self.limits.document_seconds
        try:
            return await asyncio.wait_for(translated, seconds)
        except asyncio.TimeoutError:
            message = f"not translated within {seconds:g} s: send it in parts, or later"
            raise GatewayError(Fault.TIMEOUT, message) from None

    async def _translated(self, number: str, name: str, opened: Document, wish: Wish) -> _Translated:
        whole = replace(wish, texts=opened.texts, format=opened.format, changes=opened.changes)
        async with self._free:
            await self.database.run(documents.begin, number)
            tell = partial(self._progress.__setitem__, number)
            tell(0.0)
            outcome = await self.broker.translate_document(whole, tell)
            try:
                opened.check(outcome.answers)
            except DocumentError as error:
                raise GatewayError(Fault.INVALID, f"Invalid request: {error}") from error
            written = await self.threads.run(partial(_written, name, opened, outcome, wish))
            return written, outcome.pivots


def _characters(opened: Document) -> int:
    return sum(map(len, opened.texts))


def _written(name: str, opened: Document, outcome: RequestOutcome, wish: Wish) -> bytes:
    """A document's translation, or its sentences beside theirs."""
    answers = outcome.answers
    if wish.is_bilingual:
        source = answers[0].source if answers else "und"
        return bilingual(name, opened.texts, answers, source, outcome.target)
    return opened.write([answer.text for answer in answers])


def _base_name(file: Upload) -> str:
    """Without the folders that some send."""
    name = file.name.replace("\0", "")  # PostgreSQL has no NUL.
    return PureWindowsPath(PurePosixPath(name).name).name[-_LONGEST_NAME:]


def _result_name(file: Upload, wish: Wish) -> str:
    return _base_name(file) + (".xlf" if wish.is_bilingual else "")


def seconds_until(moment: datetime) -> int:
    """Whole seconds, 0 at least; SQLite forgets the zone, which is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0, round((aware - datetime.now(timezone.utc)).total_seconds()))
