"""A database that says nothing: who waits for it is told so in time, and nobody else notices."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from serving.gateway import app
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.traces import traces_of
from serving.gateway.database import suggestions
from serving.gateway.grpc.server import GrpcServer
from serving.gateway.web.service import Service
from tests.serving.gateway.conftest import label, model_server
from tests.serving.gateway.grpc.calls import wait_until
from tests.serving.gateway.silent import SilentDatabase

LANGUAGES = ("en", "de")
HELLO = {"q": "hello", "source": "en", "target": "de"}


def _threads() -> int:
    """In which a database is waited for now."""
    return sum(thread.name == "database" for thread in threading.enumerate())


@contextmanager
def _silent(folder: Path, seconds: float) -> Iterator[SilentDatabase]:
    database = SilentDatabase(f"sqlite:///{folder}/gateway.sqlite", seconds)
    try:
        yield database
    finally:
        database.speaks.set()
        wait_until(lambda: _threads() == 0)
        database.close()


def test_what_is_given_up_is_not_written_later_and_gives_its_thread_back(tmp_path: Path) -> None:
    with _silent(tmp_path, 1.0) as database:

        async def kept() -> list[str]:
            database.speaks.clear()
            late = [database.run(suggestions.add, LANGUAGES, "late", "spät", "") for _ in range(20)]
            for given_up in await asyncio.gather(*late, return_exceptions=True):
                assert isinstance(given_up, SQLAlchemyError)
                assert "has not answered within 1 s" in str(given_up)
            assert _threads() == 8
            database.speaks.set()
            while _threads():
                await asyncio.sleep(0)
            await database.run(suggestions.add, LANGUAGES, "early", "früh", "")
            return [kept.source for kept in await database.run(suggestions.after)]

        assert asyncio.run(kept()) == ["early"]


def test_of_calls_whose_caller_is_cancelled_those_go_on_that_have_begun(tmp_path: Path) -> None:
    with _silent(tmp_path, 30.0) as database:

        async def cancelled() -> None:
            database.speaks.clear()
            calls = [
                asyncio.ensure_future(database.run(suggestions.add, LANGUAGES, "a", "b", ""))
                for _ in range(9)
            ]
            while _threads() < 8:
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            ends = await asyncio.gather(*calls, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ends)
            database.speaks.set()
            while _threads():
                await asyncio.sleep(0)

        asyncio.run(cancelled())
        assert len(suggestions.after(database)) == 8


@contextmanager
def _serving(service: Service) -> Iterator[str]:
    """In a thread of this process; its URL."""
    server = uvicorn.Server(uvicorn.Config(app.application(service, GrpcServer(service)), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_a_database_that_says_nothing_stops_nobody_who_does_not_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = model_server(tmp_path / "models")
    monkeypatch.setattr(app, "Database", lambda url: SilentDatabase(url, 0.5))
    settings = GatewaySettings(
        address=server.address,
        model_root=server.root,
        poll_seconds=0.1,
        key_seconds=0.1,
        database=f"sqlite:///{tmp_path}/gateway.sqlite",
    )
    service = app.make_service(settings, traces_of(None))
    database = service.database
    assert isinstance(database, SilentDatabase)
    with _serving(service) as url, ThreadPoolExecutor(45) as pool:

        def suggest(number: int) -> requests.Response:
            return requests.post(f"{url}/suggest", json={**HELLO, "s": str(number)}, timeout=30)

        assert requests.get(f"{url}/health/live", timeout=30).status_code == 200  # It is there.
        database.speaks.clear()
        try:
            for refused in pool.map(suggest, range(45)):  # More than threads for all else.
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
                assert "the gateway's database cannot be used now" in refused.text
            assert requests.get(f"{url}/health/live", timeout=30).status_code == 200
            label(server.root, 2, 1)
            wait_until(
                lambda: (
                    requests.post(f"{url}/translate", json=HELLO, timeout=30).json()
                    == {"translatedText": "v2:HELLO"}
                )
            )
        finally:
            database.speaks.set()
        wait_until(lambda: suggest(45).status_code == 200)
        assert {kept.suggestion for kept in suggestions.after(database)} == {"45"}
    server.stop()
