"""The database, opened and brought to its newest form. All that uses it waits for it: in threads (`run`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from contracts.errors import ConfigurationError
from serving.gateway.database.threads import DatabaseThreads, Made, refuse_late

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x64726167
"""Of PostgreSQL's advisory locks: of several gateways that start at once, one migrates."""
_SECONDS = 10.0
"""For a call: longer than SQLite waits for another writer (`_durable`)."""
_LIBPQ = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""When connections to PostgreSQL end that lead nowhere any more: by itself the system takes a quarter of an
hour, and two hours for one on which only an answer is waited for."""

Parameters = ParamSpec("Parameters")


class DatabaseError(ConfigurationError):
    """The database cannot be opened, or has a form that this version does not know."""


class Database:
    """SQLite or PostgreSQL; threads may share it."""

    def __init__(self, url: str, seconds: float = _SECONDS) -> None:
        """`seconds`: that a call (`run`) may take, and on PostgreSQL a statement of any.

        Raises:
            DatabaseError: it cannot be opened or migrated.
        """
        try:
            place = make_url(url)
            # Parameters may be users' texts, which are for no log.
            self._engine = create_engine(
                place, pool_pre_ping=True, hide_parameters=True, connect_args=connection_limits(place)
            )
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _durable)
                event.listen(self._engine, "begin", _begin)
            elif self._engine.dialect.name == "postgresql" and "statement_timeout" not in str(place.query):
                event.listen(self._engine, "begin", partial(_limit, round(1000 * seconds)))
            self._readers = self._engine.execution_options(reads=True)  # an option of ours: `_begin`
            _migrate(self._engine)
        except (ArgumentError, ImportError, CommandError, SQLAlchemyError) as error:
            named = url.rpartition("@")[2]  # without a password
            why = " ".join(str(error).split()).partition(" (Background on this error")[0]
            raise DatabaseError(
                f"cannot open the database {named} ({why[:300]}): see whether it is there, and written by no "
                "newer version"
            ) from error
        self._threads = DatabaseThreads(seconds)

    async def run(
        self,
        work: Callable[Concatenate[Database, Parameters], Made],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Made:
        """What `work` makes of this database, beside the event loop. If this is cancelled, work that has
        begun goes on.

        Raises:
            SQLAlchemyError: the database cannot be used, or has not answered in time; nothing is written.
        """
        return await self._threads.run(lambda: work(self, *arguments, **named))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction; what was written in it is on disk when it ends."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session
            refuse_late()

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


def connection_limits(url: URL) -> dict[str, int]:
    """What the driver is told of how long it waits, as far as the URL says nothing of it."""
    if url.get_driver_name() not in ("psycopg", "psycopg2"):
        return {}
    return {name: value for name, value in _LIBPQ.items() if name not in url.query}


def _limit(milliseconds: int, connection: Connection) -> None:
    """PostgreSQL ends a statement that waits for somebody's lock. Not by libpq's `options`: poolers refuse a
    connection that has any.
    """
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # For as long as it takes.
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
