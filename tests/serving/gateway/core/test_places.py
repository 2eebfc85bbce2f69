"""Places and deadlines, without a process: who gets one, and what becomes of those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from serving.gateway.core.admission import Admission
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.offer import Offer, Route
from serving.gateway.core.settings import Limits
from serving.gateway.core.threads import Threads
from serving.gateway.core.wish import RequestOutcome, TextOutcome, Wish
from serving.gateway.database.database import Database
from serving.gateway.web.callers import Caller, Callers
from serving.gateway.web.documents import Documents
from serving.gateway.web.fields import Room, Upload, read
from tests.serving.gateway.silent import SilentDatabase

FILE = Upload("a.txt", b"One here.")
WISH = Wish((), "de", "en")
OFFERS: Any = SimpleNamespace(now=Offer((Route("en", "de", "m", "127.0.0.1:1"),)))


async def _in_capitals(wish: Wish, _tell: Callable[[float], None]) -> Any:
    return RequestOutcome(
        tuple(TextOutcome(text.upper(), "en", 1.0) for text in wish.texts), "de", "stable", {}
    )


async def _never(_wish: Wish, _tell: Callable[[float], None]) -> Any:
    await asyncio.Event().wait()


def _run(
    folder: Path,
    translate: Callable[[Wish, Callable[[float], None]], Awaitable[Any]],
    use: Callable[[Documents, Caller], Awaitable[list[Any]]],
    kept: Callable[[str], Database] = Database,
    **limits: Any,
) -> list[Any]:
    """What `use` says of documents that are translated so, and kept in such a database."""
    database, threads = kept(f"sqlite:///{folder}/gateway.sqlite"), Threads()
    broker: Any = SimpleNamespace(translate_document=translate)

    async def all_of_it() -> list[Any]:
        taken = Documents(database, broker, OFFERS, Limits(document_running=1, **limits), threads)
        try:
            return await use(taken, Caller(Callers(database, are_wanted=False)))
        finally:
            await taken.close()

    try:
        return asyncio.run(all_of_it())
    finally:
        threads.close()
        database.close()


def test_of_documents_that_come_at_once_no_more_are_read_than_have_a_place(tmp_path: Path) -> None:
    async def use(taken: Documents, caller: Caller) -> list[Any]:
        three = [taken.translated_and_kept(caller, FILE, WISH) for _ in range(3)]
        answers = await asyncio.gather(*three, return_exceptions=True)
        with pytest.raises(GatewayError):  # One that cannot be read gives its place back.
            await taken.submit(caller, Upload("a", b""), WISH)
        again, _ = await taken.translated_and_kept(caller, FILE, WISH)
        return [*answers, (await taken.download(again)).result]

    *names, refused, content = _run(tmp_path, _in_capitals, use, document_waiting=1)
    assert (len(names), all(isinstance(name, str) for name, _ in names), content) == (2, True, b"ONE HERE.")
    assert refused.fault is Fault.OVERLOADED


def test_a_key_has_half_of_the_places_for_documents(tmp_path: Path) -> None:
    async def use(taken: Documents, caller: Caller) -> list[Any]:
        def of(name: str) -> Caller:
            key: Any = SimpleNamespace(name=name, id=1, per_month=None, per_minute=None)
            return Caller(caller.callers, key)

        sent = [taken.submit(of(name), FILE, WISH) for name in ("anna", "anna", "anna", "berta")]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        number, secret = answers[0]
        await taken.cancel(number, secret)
        again = await taken.submit(of("anna"), FILE, WISH)
        return [*answers, again]

    anna, also, refused, berta, again = _run(tmp_path, _never, use, document_waiting=3)
    assert all(isinstance(taken, tuple) for taken in (anna, also, berta, again))
    assert (refused.fault, refused.retry_after) == (Fault.TOO_FAST, 30.0)


def test_to_wait_counts_for_the_deadline_of_a_document(tmp_path: Path) -> None:
    async def use(taken: Documents, caller: Caller) -> list[Any]:
        both = [taken.translated_and_kept(caller, FILE, WISH) for _ in range(2)]
        return await asyncio.wait_for(asyncio.gather(*both, return_exceptions=True), 30)

    answers = _run(tmp_path, _never, use, document_waiting=1, document_seconds=0.05)
    assert [answer.fault for answer in answers] == [Fault.TIMEOUT] * 2


def test_a_document_that_is_given_up_before_it_has_begun_costs_nothing(tmp_path: Path) -> None:
    async def use(taken: Documents, caller: Caller) -> list[Any]:
        key: Any = SimpleNamespace(name="anna", id=1, per_month=100, per_minute=None)
        anna = Caller(caller.callers, key)
        number, secret = await taken.submit(anna, FILE, WISH)
        spent = anna.used
        await taken.close()  # Nothing was awaited in between.
        return [spent, anna.used, (await taken.look_up(number, secret)).state]

    assert _run(tmp_path, _never, use) == [9, 0, "error"]


def test_a_gateway_that_ends_waits_beside_all_else_for_what_it_says_of_documents(tmp_path: Path) -> None:
    async def use(taken: Documents, caller: Caller) -> list[Any]:
        database = taken.database
        assert isinstance(database, SilentDatabase)
        number, secret = await taken.submit(caller, FILE, WISH)
        while (await taken.look_up(number, secret)).state != "translating":
            pass
        database.speaks.clear()
        closing = asyncio.ensure_future(taken.close())
        for _ in range(10):
            await asyncio.sleep(0)
        is_closed = closing.done()
        database.speaks.set()
        await closing
        document = await taken.look_up(number, secret)
        return [is_closed, document.state, document.error]

    closed, state, error = _run(tmp_path, _never, use, kept=SilentDatabase)
    assert (closed, state, "send it again" in error) == (False, "error", True)


def test_who_is_cancelled_is_whatever_the_database_does(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def never(_wish: Wish, _tell: Callable[[float], None]) -> Any:
        begun.set()
        await asyncio.Event().wait()

    async def use(taken: Documents, caller: Caller) -> list[Any]:
        database = taken.database
        assert isinstance(database, SilentDatabase)
        waits = asyncio.ensure_future(taken.translated_and_kept(caller, FILE, WISH))
        await asyncio.wait_for(begun.wait(), 30)
        database.speaks.clear()
        waits.cancel()
        (end,) = await asyncio.gather(waits, return_exceptions=True)
        await taken.close()
        database.speaks.set()
        return [end]

    (end,) = _run(tmp_path, never, use, kept=lambda url: SilentDatabase(url, 1.0))
    assert isinstance(end, asyncio.CancelledError)


def test_bodies_that_are_read_at_once_have_so_much_room_together() -> None:
    form = {"type": "http", "method": "POST", "headers": [], "query_string": b"", "path": "/", "server": None}

    async def use() -> tuple[Fault, list[dict[str, Any]]]:
        room, goes_on = Room(10), asyncio.Event()

        def request(waits: bool) -> Request:
            parts = [(b"a=123456", True), (b"", False)]

            async def receive() -> dict[str, Any]:
                if len(parts) == 1 and waits:
                    await goes_on.wait()
                body, more = parts.pop(0)
                return {"type": "http.request", "body": body, "more_body": more}

            return Request(form, receive)

        first = asyncio.ensure_future(read(request(True), Limits(), room))
        while room.left == 10:
            await asyncio.sleep(0)
        with pytest.raises(GatewayError) as refused:
            await read(request(False), Limits(), room)
        goes_on.set()
        both = [await first, await read(request(False), Limits(), room)]
        assert room.left == 10
        return refused.value.fault, [filled.values for filled in both]

    assert asyncio.run(use()) == (Fault.OVERLOADED, [{"a": "123456"}] * 2)


def test_a_document_waits_where_a_request_is_sent_away() -> None:
    async def use() -> list[str]:
        admission, said = Admission(1, 0), []

        async def patient() -> None:
            async with admission.place(is_patient=True):
                said.append("placed")

        async with admission.place():
            waits = asyncio.ensure_future(patient())
            await asyncio.sleep(0)
            with pytest.raises(GatewayError):
                async with admission.place():
                    pass
            said.append("left")
        await waits
        return said

    assert asyncio.run(use()) == ["left", "placed"]


def test_a_form_is_read_as_no_other_encoding_than_utf_8() -> None:
    """Of Python's, `undefined` ended in a 500, and `punycode` takes quadratic time of the event loop."""

    def form(charset: str) -> Request:
        body = b'--b\r\nContent-Disposition: form-data; name="target"\r\n\r\n\xc3\xa4\r\n--b--\r\n'

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        kind = f"multipart/form-data; boundary=b{charset}".encode()
        head = {"headers": [(b"content-type", kind)], "path": "/", "server": ("a", 80), "scheme": "http"}
        return Request({"type": "http", "method": "POST", "query_string": b"", **head}, receive)

    for charset in ("", "; charset=UTF-8", '; charset="utf-8"'):
        fields = asyncio.run(read(form(charset), Limits(), Room(), takes_file=True))
        assert fields.values == {"target": "ä"}
    for charset in ("undefined", "punycode", "idna", "unicode_escape", "latin-1"):
        with pytest.raises(GatewayError) as refused:
            asyncio.run(read(form(f"; charset={charset}"), Limits(), Room(), takes_file=True))
        assert refused.value.fault is Fault.INVALID


def test_elements_that_are_named_have_a_limit() -> None:
    Wish((), "de", ignore_tags=("a",) * 500, splitting_tags=("b",) * 500)
    with pytest.raises(GatewayError) as refused:
        Wish((), "de", ignore_tags=("a",) * 500, non_splitting_tags=("b",) * 501)
    assert refused.value.fault is Fault.TOO_LARGE
