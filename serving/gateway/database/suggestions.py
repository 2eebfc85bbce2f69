"""Better translations that users have sent."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import select

from serving.gateway.database.database import Database
from serving.gateway.database.tables import Suggestion


def add(database: Database, languages: tuple[str, str], source: str, suggestion: str, key: str) -> None:
    """Keep one; it is on disk when this returns. `languages`: of source and suggestion; `key`: the name of
    the key that it came with.
    """
    with database.session() as session:
        session.add(
            Suggestion(
                created=datetime.now(timezone.utc),
                source_language=languages[0],
                target_language=languages[1],
                source=source,
                suggestion=suggestion,
                key=key,
            )
        )


def after(database: Database, number: int = 0, count: int = 1000) -> list[Suggestion]:
    """Those with a higher number, in order, so many at most."""
    with database.reading() as session:
        wanted = select(Suggestion).where(Suggestion.id > number).order_by(Suggestion.id).limit(count)
        return list(session.scalars(wanted))
