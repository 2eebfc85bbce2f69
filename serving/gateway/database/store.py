"""The database, opened and brought to its newest form. Every method waits for it: call them in threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from contracts.errors import ConfigurationError
from serving.gateway.database.tables import Suggestion

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x64726167
"""Of PostgreSQL's advisory locks: of several gateways that start at once, one migrates."""


class DatabaseError(ConfigurationError):
    """The database cannot be opened, or has a form that this version does not know."""


class Store:
    """Suggestions, on one database; threads may share it."""

    def __init__(self, url: str) -> None:
        """
        Raises:
            DatabaseError: it cannot be opened or migrated.
        """
        try:
            self._engine = create_engine(url, pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _durable)
            _migrate(self._engine)
        except (ArgumentError, ImportError, CommandError, SQLAlchemyError) as error:
            place = url.rpartition("@")[2]  # without a password
            raise DatabaseError(
                f"cannot open the database {place} ({' '.join(str(error).split())[:300]}): see whether it is "
                "there, and written by no newer version"
            ) from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def suggest(self, languages: tuple[str, str], source: str, suggestion: str, key: str) -> None:
        """Keep a better translation; it is on disk when this returns."""
        now = datetime.now(timezone.utc)
        with self.session() as session:
            session.add(
                Suggestion(
                    created=now,
                    source_language=languages[0],
                    target_language=languages[1],
                    source=source,
                    suggestion=suggestion,
                    key=key,
                )
            )

    def suggestions(self, after: int = 0, count: int = 1000) -> list[Suggestion]:
        """Those with a higher number than `after`, in order."""
        with self.session() as session:
            wanted = select(Suggestion).where(Suggestion.id > after).order_by(Suggestion.id).limit(count)
            return list(session.scalars(wanted))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _durable(connection: Any, _record: Any) -> None:
    """Several readers beside a writer, and what was accepted is on disk."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
