"""The same tables and the same code on PostgreSQL, where there is one (Debian: apt install postgresql)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Integer, MetaData, create_engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.gateway_processes import PostgresProcess, running
from serving.gateway.database import keys, suggestions
from serving.gateway.database.database import _MIGRATIONS, Database
from tests.serving.gateway.database.earlier_forms import FORMS, assert_kept, restored
from tests.serving.gateway.runbook import blocks, typed

pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    """A database of its own."""
    try:
        database = PostgresProcess()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with running(database):
        yield database


@pytest.fixture
def url(postgres: PostgresProcess) -> str:
    return postgres.url


def test_gateways_that_start_at_once_make_the_tables_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Database, [url] * 4))
    suggestions.add(opened[0], ("en", "de"), "Good morning.", "Guten Morgen.", "")
    (kept,) = suggestions.after(opened[3])
    assert (kept.suggestion, kept.created.tzinfo is not None) == ("Guten Morgen.", True)
    for database in opened:
        database.close()


def _as_earlier(url: str, form: Path, file: Path) -> None:
    """Migrate an empty database to an earlier form, with the rows of its copy."""
    engine, copy = create_engine(url), create_engine(f"sqlite:///{restored(form, file)}")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, form.stem)
    tables, rows = MetaData(), MetaData()
    tables.reflect(engine)
    rows.reflect(copy)
    with engine.begin() as connection, copy.begin() as copied:
        for table in tables.sorted_tables:
            if table.name != "alembic_version" and (
                values := copied.execute(select(rows.tables[table.name])).mappings().all()
            ):
                connection.execute(insert(table), [dict(row) for row in values])
                if "id" in table.c and isinstance(table.c.id.type, Integer):
                    connection.execute(
                        text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {len(values)})")
                    )
    engine.dispose()
    copy.dispose()


def _columns(database: Database) -> list[tuple[object, ...]]:
    columns = text(
        "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    with database.reading() as session:
        return [tuple(row) for row in session.execute(columns)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_what_an_earlier_version_has_left_is_there_in_the_newest_form(
    url: str, form: Path, tmp_path: Path
) -> None:
    newest = Database(url)
    base, _, _ = url.rpartition("/")
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f'CREATE DATABASE "earlier{form.stem}"'))
    _as_earlier(f"{base}/earlier{form.stem}", form, tmp_path / "earlier.sqlite")
    opened = Database(f"{base}/earlier{form.stem}")
    assert_kept(opened, form)
    keys.add(opened, "berta", ["translate"], None, None)  # Numbers go on where they were.
    assert _columns(opened) == _columns(newest)
    opened.close()
    newest.close()


def test_what_gateways_use_at_once_adds_up(url: str) -> None:
    database = Database(url)
    secret = keys.add(database, "anna", ["translate"], None, 100)
    assert keys.rotate(database, "anna", timedelta(hours=1)) != secret
    number, month = keys.listed(database)[0][0].id, keys.month_of(datetime.now(timezone.utc))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keys.use(database, {(number, month): 2}), range(40)))
    assert [used for _, used in keys.listed(database, month)] == [80]
    database.close()


def test_a_statement_that_waits_for_somebodys_lock_ends(url: str) -> None:
    database, other = Database(url, seconds=0.5), create_engine(url)
    with other.begin() as connection:
        connection.execute(text("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(SQLAlchemyError, match="statement timeout"):
            keys.listed(database)
    keys.listed(database)
    database.close()
    patient = Database(f"{url}?options=-c%20statement_timeout%3D60000&connect_timeout=60")
    with patient.reading() as session:
        assert session.execute(text("SHOW statement_timeout")).scalar() == "1min"
    patient.close()
    other.dispose()


def test_a_copy_is_made_and_restored_as_the_runbook_says(
    postgres: PostgresProcess, url: str, tmp_path: Path
) -> None:
    *_, keep, restore = blocks(14)
    database = Database(url)
    keys.add(database, "restored", ["translate"], None, 100)
    typed(keep, tmp_path, postgres.programs, URL=url.replace("+psycopg", ""))
    keys.revoke(database, "restored")
    keys.add(database, "later", ["translate"], None, 100)
    with database.session() as session:  # The copy is of an older form than the gateway that is given up.
        session.execute(text("CREATE TABLE newer (key_id INTEGER REFERENCES keys (id))"))
    database.close()
    typed(restore, tmp_path, postgres.programs, URL=url.replace("+psycopg", ""))
    again = Database(url)
    known = {key.name: key.revoked for key, _ in keys.listed(again)}
    assert (known["restored"], "later" in known) == (None, False)
    with again.reading() as session:
        assert session.execute(text("SELECT to_regclass('newer')")).scalar() is None
    again.close()
