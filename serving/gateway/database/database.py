"""The database, opened and brought to its newest form. All that uses it waits for it: in threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from contracts.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x64726167
"""Of PostgreSQL's advisory locks: of several gateways that start at once, one migrates."""


class DatabaseError(ConfigurationError):
    """The database cannot be opened, or has a form that this version does not know."""


class Database:
    """SQLite or PostgreSQL; threads may share it."""

    def __init__(self, url: str) -> None:
        """
        Raises:
            DatabaseError: it cannot be opened or migrated.
        """
        try:
            # Parameters may be users' texts, which are for no log.
            self._engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _durable)
                event.listen(self._engine, "begin", _begin)
            self._readers = self._engine.execution_options(reads=True)  # an option of ours: `_begin`
            _migrate(self._engine)
        except (ArgumentError, ImportError, CommandError, SQLAlchemyError) as error:
            place = url.rpartition("@")[2]  # without a password
            why = " ".join(str(error).split()).partition(" (Background on this error")[0]
            raise DatabaseError(
                f"cannot open the database {place} ({why[:300]}): see whether it is there, and written by no "
                "newer version"
            ) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction; what was written in it is on disk when it ends."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction in which nothing is written, and that waits for nobody who writes."""
        with Session(self._readers, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _durable(connection: Any, _record: Any) -> None:
    """Several readers beside a writer, and what was accepted is on disk."""
    connection.isolation_level = None  # Or the driver begins and ends transactions as it thinks best.
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Who writes is alone from the beginning: a transaction that has read cannot wait to write, it fails. And
    of several gateways that start at once, one migrates.
    """
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
