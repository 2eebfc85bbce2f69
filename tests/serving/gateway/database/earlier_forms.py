"""Databases as earlier versions have left them, one a migration but the newest, and what is kept of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from serving.gateway.database import documents, suggestions
from serving.gateway.database.database import Database
from serving.gateway.database.tables import Key, Usage

FORMS = sorted(Path(__file__).with_name("forms").glob("*.sql"))


def restored(form: Path, file: Path) -> Path:
    """A copy as an SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(form.read_text())
    return file


def assert_kept(opened: Database, form: Path) -> None:
    """What stood in a copy is there, and the newest form's column takes what is new."""
    assert [kept.suggestion for kept in suggestions.after(opened)] == ["Guten Morgen."]
    with opened.reading() as session:
        owned = [(key.name, key.scopes, key.per_month) for key in session.scalars(select(Key))]
        used = [month.characters for month in session.scalars(select(Usage))]
    assert (owned, used) == (
        ([("anna", "translate,suggest", 5000)], [42]) if form.stem > "0001" else ([], [])
    )
    document = documents.with_secret(opened, "0" * 32, "secret", whole=True)
    assert (document and (document.result, document.pivots)) == ((b"ONE", "") if form.stem > "0002" else None)
    number, secret = documents.add(opened, "a.txt", 1, timedelta(hours=1))
    documents.finish(opened, number, b"A", ["en"], timedelta(hours=1))
    added = documents.with_secret(opened, number, secret)
    assert added
    assert added.pivots == "en"
