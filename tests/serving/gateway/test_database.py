"""The database: what of it is logged, and what is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from serving.gateway.database.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/gateway.sqlite")
    yield opened
    opened.close()


def test_an_error_of_the_database_has_no_text_of_a_user(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised, database.session() as session:
        session.execute(text("INSERT INTO none VALUES (:text)"), {"text": "confidential"})
    assert "none" in str(raised.value)
    assert "confidential" not in str(raised.value)
