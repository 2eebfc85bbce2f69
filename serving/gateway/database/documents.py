"""Documents in the database: on their way, done, and deleted when their time is over."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import undefer

from serving.gateway.database.database import Database
from serving.gateway.database.keys import hash_of
from serving.gateway.database.tables import StoredDocument

QUEUED, TRANSLATING, DONE, FAILED = "queued", "translating", "done", "error"


def add(database: Database, name: str, characters: int, time: timedelta) -> tuple[str, str]:
    """A document that waits; its number, and what its sender has to show for it. Whoever translates it is
    given up after `time`.
    """
    number, secret = secrets.token_hex(16), secrets.token_hex(32)
    with database.session() as session:
        session.add(
            StoredDocument(
                id=number,
                secret_hash=hash_of(secret),
                name=name,
                state=QUEUED,
                characters=characters,
                error="",
                until=datetime.now(timezone.utc) + time,
            )
        )
    return number, secret


def with_secret(
    database: Database, number: str, secret: str, *, whole: bool = False
) -> StoredDocument | None:
    """The document, with its result if it is wanted `whole`; None where there is none of that number, its
    time is over, or the secret is another's.
    """
    wanted = select(StoredDocument).where(
        StoredDocument.id == number, StoredDocument.until > datetime.now(timezone.utc)
    )
    with database.reading() as session:
        document = session.scalars(
            wanted.options(undefer(StoredDocument.result)) if whole else wanted
        ).one_or_none()
        if document is None or not secrets.compare_digest(document.secret_hash, hash_of(secret)):
            return None
        return document


def begin(database: Database, number: str) -> None:
    """It is being translated, if it still waits."""
    _change(database, number, StoredDocument.state == QUEUED, state=TRANSLATING)


def finish(database: Database, number: str, result: bytes, pivots: Iterable[str], kept: timedelta) -> bool:
    """It is done, by way of these languages, and kept for that long; False where it is deleted already."""
    until = datetime.now(timezone.utc) + kept
    return _change(database, number, state=DONE, result=result, pivots=",".join(pivots), until=until)


def fail(database: Database, number: str, error: str, kept: timedelta) -> None:
    """It comes to nothing, for this reason, if it is not done."""
    until = datetime.now(timezone.utc) + kept
    _change(database, number, StoredDocument.state != DONE, state=FAILED, error=error, until=until)


def remove(database: Database, number: str) -> None:
    """Delete one, whatever has become of it."""
    with database.session() as session:
        session.execute(delete(StoredDocument).where(StoredDocument.id == number))


def sweep(database: Database) -> None:
    """Delete those whose time is over."""
    with database.session() as session:
        session.execute(delete(StoredDocument).where(StoredDocument.until < datetime.now(timezone.utc)))


def _change(database: Database, number: str, *where: ColumnElement[bool], **values: object) -> bool:
    """Whether there is such a document."""
    with database.session() as session:
        changed = session.execute(
            update(StoredDocument).where(StoredDocument.id == number, *where).values(**values)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined]
