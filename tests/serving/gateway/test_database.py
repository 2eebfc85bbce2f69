"""The database: what of it is logged, and what is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from serving.gateway.app import _repeat
from serving.gateway.database import documents
from serving.gateway.database.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/gateway.sqlite")
    yield opened
    opened.close()


def test_a_document_whose_time_is_over_is_not_there_before_it_is_deleted(database: Database) -> None:
    number, secret = documents.add(database, "a.txt", 1, timedelta(hours=1))
    documents.finish(database, number, b"A", timedelta(hours=1))
    found = documents.with_secret(database, number, secret, whole=True)
    assert (found and found.result, documents.with_secret(database, number, "other")) == (b"A", None)
    documents.finish(database, number, b"A", timedelta(seconds=-1))
    assert documents.with_secret(database, number, secret, whole=True) is None
    documents.sweep(database)
    assert not documents.finish(database, number, b"A", timedelta(hours=1))


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


def test_an_error_of_the_database_has_no_text_of_a_user(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised, database.session() as session:
        session.execute(text("INSERT INTO none VALUES (:text)"), {"text": "confidential"})
    assert "none" in str(raised.value)
    assert "confidential" not in str(raised.value)
