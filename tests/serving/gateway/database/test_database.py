"""The database: what of it is logged, and what is over."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import requests
from alembic import op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from serving.gateway.app import _repeat
from serving.gateway.database import documents, keys, suggestions
from serving.gateway.database.database import _MIGRATIONS, Database, DatabaseError, connection_limits
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.database.earlier_forms import FORMS, assert_kept, restored
from tests.serving.gateway.runbook import blocks, typed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/gateway.sqlite")
    yield opened
    opened.close()


def test_a_document_whose_time_is_over_is_not_there_before_it_is_deleted(database: Database) -> None:
    number, secret = documents.add(database, "a.txt", 1, timedelta(hours=1))
    documents.finish(database, number, b"A", ["en"], timedelta(hours=1))
    document = documents.with_secret(database, number, secret, whole=True)
    assert document
    assert (document.result, document.pivots) == (b"A", "en")
    assert documents.with_secret(database, number, "other") is None
    documents.finish(database, number, b"A", ["en"], timedelta(seconds=-1))
    assert documents.with_secret(database, number, secret, whole=True) is None
    documents.sweep(database)
    assert not documents.finish(database, number, b"A", ["en"], timedelta(hours=1))


def test_what_is_repeated_goes_on_after_an_error() -> None:
    async def twice() -> list[str]:
        looks, leaving = [], asyncio.Event()

        async def look() -> None:
            looks.append("looked")
            if len(looks) == 2:
                leaving.set()
            raise OSError("the database is gone")

        await asyncio.wait_for(_repeat(look, 0.001, leaving), 30)
        return looks

    assert len(asyncio.run(twice())) == 2


def test_there_is_a_copy_of_each_earlier_form() -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    newest, *earlier = (script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
    assert [form.stem for form in FORMS] == sorted(earlier), newest


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_what_an_earlier_version_has_left_is_there_in_the_newest_form(
    form: Path, database: Database, tmp_path: Path
) -> None:
    opened = Database(f"sqlite:///{restored(form, tmp_path / 'earlier.sqlite')}")
    assert_kept(opened, form)
    tables = text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    with opened.reading() as migrated, database.reading() as new:
        assert migrated.scalars(tables).all() == new.scalars(tables).all()
    opened.close()


def _opened(url: str, barrier: Barrier) -> int:
    """How many keys there are for one of those that open a new file at once."""
    barrier.wait()
    database = Database(url)
    try:
        return len(keys.listed(database))
    finally:
        database.close()


def test_of_those_that_open_a_new_file_at_once_one_migrates(tmp_path: Path) -> None:
    url, barrier = f"sqlite:///{tmp_path}/new.sqlite", Barrier(4, timeout=30)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(_opened, [url] * 4, [barrier] * 4)) == [0] * 4


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise SQLAlchemyError("the disk is full")

    url = f"sqlite:///{tmp_path}/half.sqlite"
    with monkeypatch.context() as broken:
        broken.setattr(op, "create_index", fails)  # which is after a table of the same migration
        with pytest.raises(DatabaseError):
            Database(url)
    Database(url).close()


def test_a_driver_is_told_how_long_it_waits_where_the_url_says_nothing_of_it() -> None:
    ours = connection_limits(make_url("postgresql+psycopg://anna@host/gateway"))
    theirs = connection_limits(make_url("postgresql+psycopg://anna@host/gateway?connect_timeout=60"))
    assert ours == {"connect_timeout": 5, **theirs}
    assert theirs["tcp_user_timeout"] == 10_000
    assert connection_limits(make_url("sqlite:///gateway.sqlite")) == {}


def test_an_error_of_the_database_has_no_text_of_a_user(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised, database.session() as session:
        session.execute(text("INSERT INTO none VALUES (:text)"), {"text": "confidential"})
    assert "none" in str(raised.value)
    assert "confidential" not in str(raised.value)


def test_a_copy_is_made_and_restored_as_the_runbook_says(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 here (Debian: apt install sqlite3)")
    url = f"sqlite:///{tmp_path}/dragoman-gateway.sqlite"
    keep, restore, *_ = blocks(14)
    running = Database(
        url
    )  # A gateway's, while the copy is made: what it has written may be in the -wal alone.
    keys.add(running, "anna", ["translate"], None, 100)
    suggestions.add(running, ("en", "de"), "Good morning.", "Guten Morgen.", "anna")
    typed(keep, tmp_path)
    running.close()
    (tmp_path / "dragoman-gateway.sqlite").write_bytes(b"damaged")
    assert "anna" in typed(restore, tmp_path, DRAGOMAN_DATABASE=url)
    restored = Database(url)
    assert [row.suggestion for row in suggestions.after(restored)] == ["Guten Morgen."]
    restored.close()


def test_on_a_full_disk_who_leaves_something_is_told_to_come_again(
    fake: FakeServer, small_disk: Path
) -> None:
    languages = {"source": "en", "target": "de"}
    settings = {"address": fake.address, "model_root": str(fake.root)}

    def leave(gateway: Gateway) -> list[requests.Response]:
        file = {"file": ("a.txt", b"One here.")}
        return [
            gateway.post("/suggest", q="a", s="b", **languages),
            requests.post(f"{gateway.url}/v1/documents", data=languages, files=file, timeout=30),
            requests.post(f"{gateway.url}/translate_file", data=languages, files=file, timeout=30),
        ]

    url = f"sqlite:///{small_disk}/gateway.sqlite"
    with started(small_disk.parent / "gateway", database=url, **settings) as gateway:
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(os.statvfs(small_disk).f_bavail * 4096))
        for answer in leave(gateway):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
            assert "the gateway's database cannot be used now" in answer.text
        assert gateway.post("/translate", q="hello", **languages).json() == {"translatedText": "HELLO"}
        ballast.unlink()
        assert [answer.status_code for answer in leave(gateway)] == [200, 200, 200]
