"""Keys: who may ask, what is used up, new secrets without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import deepl
import pytest
from libretranslatepy import LibreTranslateAPI
from sqlalchemy.exc import SQLAlchemyError

from serving.gateway.database import keys
from serving.gateway.database.database import Database, DatabaseError
from serving.gateway.web.callers import Callers
from tests.serving.conftest import dragoman
from tests.serving.fake_server import FakeServer
from tests.serving.gateway.conftest import Gateway, started
from tests.serving.gateway.grpc.calls import wait_until

HELLO = {"q": "hello", "source": "en", "target": "de"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('keys')}/gateway.sqlite"


@pytest.fixture(scope="module")
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def locked(fake: FakeServer, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("locked")
    with started(
        folder,
        address=fake.address,
        model_root=str(fake.root),
        keys=True,
        key_seconds=0.1,
        database=url,
    ) as gateway:
        yield gateway


def _status(gateway: Gateway, secret: str) -> int:
    return gateway.post("/translate", **HELLO, api_key=secret).status_code


def test_nobody_is_answered_without_a_key(locked: Gateway) -> None:
    missing = locked.post("/translate", **HELLO)
    assert (missing.status_code, "API key" in missing.json()["error"]) == (400, True)
    assert _status(locked, "wrong") == 403
    assert locked.get("/languages").status_code == 200
    assert locked.get("/frontend/settings").json()["keyRequired"] is True
    with pytest.raises(deepl.AuthorizationException):
        deepl.Translator("wrong", server_url=locked.url).translate_text("a", target_lang="DE")


@pytest.mark.parametrize(
    ("size", "headers", "status"),
    [(100, {"Authorization": "Bearer none"}, 403), (2 << 20, {}, 413)],
)
def test_who_is_refused_is_refused_before_the_body_is_there(
    locked: Gateway, size: int, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(locked.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/v1/translate")
    for name, value in {"Content-Length": str(size), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()  # and no body
    assert connection.getresponse().status == status
    connection.close()


def test_a_key_that_is_made_holds_at_once_and_is_named_in_the_log(
    locked: Gateway, database: Database
) -> None:
    secret = keys.add(database, "anna", ["translate"], None, None)
    wait_until(lambda: _status(locked, secret) == 200)
    assert LibreTranslateAPI(locked.url, secret).translate("hello", "en", "de") == "HELLO"
    assert any(line.get("key") == "anna" for line in locked.lines())
    assert secret not in locked.log.read_text()
    page = locked.get("/metrics").text
    assert 'dragoman_gateway_characters_total{key="anna",source="en",target="de"}' in page
    assert locked.post("/suggest", **HELLO, s="hallo", api_key=secret).status_code == 403


def test_a_new_secret_and_the_one_before_hold_until_the_grace_is_over(
    locked: Gateway, database: Database
) -> None:
    first = keys.add(database, "berta", ["translate"], None, None)
    second = keys.rotate(database, "berta", timedelta(hours=1))
    wait_until(lambda: _status(locked, second) == 200)
    assert _status(locked, first) == 200
    third = keys.rotate(database, "berta", timedelta(0))
    wait_until(lambda: _status(locked, third) == 200)
    assert (_status(locked, first), _status(locked, second)) == (403, 403)
    keys.revoke(database, "berta")
    wait_until(lambda: _status(locked, third) == 403)


def test_a_month_is_used_up_and_says_so_in_each_interfaces_words(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "carla", ["translate"], None, 12)
    client = deepl.Translator(secret, server_url=locked.url)
    wait_until(lambda: _status(locked, secret) == 200)
    client.translate_text("hello", source_lang="EN", target_lang="DE")
    usage = client.get_usage()
    assert (usage.character.count, usage.character.limit) == (10, 12)
    with pytest.raises(deepl.QuotaExceededException):
        client.translate_text("hello", source_lang="EN", target_lang="DE")
    assert _status(locked, secret) == 429
    assert locked.post("/translate", **{**HELLO, "q": "ab"}, api_key=secret).status_code == 200
    wait_until(lambda: {key.name: used for key, used in keys.listed(database)}["carla"] == 12)


def test_to_have_a_language_found_costs_characters(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "fritz", ["translate"], None, 7)
    wait_until(lambda: _status(locked, secret) == 200)
    assert locked.post("/detect", q="hello", api_key=secret).status_code == 429


def test_a_suggestion_costs_characters(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "gerd", ["suggest"], None, 7)
    sent = {"q": "hello", "s": "hallo", "source": "en", "target": "de", "api_key": secret}
    wait_until(lambda: locked.post("/suggest", **sent).status_code == 429)


def test_what_fails_costs_nothing(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "dora", ["translate"], None, 5)
    wait_until(lambda: locked.get(f"/v2/usage?auth_key={secret}").status_code == 200)
    assert locked.post("/translate", **{**HELLO, "target": "tlh"}, api_key=secret).status_code == 400
    assert locked.get(f"/v2/usage?auth_key={secret}").json()["character_count"] == 0
    assert _status(locked, secret) == 200


def test_what_no_request_may_have_is_no_matter_of_what_is_left(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "hans", ["translate"], 5, 5)
    wait_until(lambda: locked.get(f"/v2/usage?auth_key={secret}").status_code == 200)
    large = {**HELLO, "q": "a" * 50_001}
    for path in ("/translate", "/detect"):
        refused = locked.post(path, **large, api_key=secret)
        assert (refused.status_code, "exceeds text limit" in refused.json()["error"]) == (400, True)
    assert _status(locked, secret) == 200


def test_a_minute_has_its_characters(locked: Gateway, database: Database) -> None:
    secret = keys.add(database, "emma", ["translate"], 6, None)
    wait_until(lambda: _status(locked, secret) == 200)
    fast = locked.post("/translate", **HELLO, api_key=secret)
    assert (fast.status_code, fast.json()["error"].startswith("Slowdown:")) == (429, True)
    assert 0 < int(fast.headers["retry-after"]) <= 61


def test_gateways_add_up_what_a_key_uses(tmp_path: Path) -> None:
    both = [Database(f"sqlite:///{tmp_path}/shared.sqlite") for _ in range(2)]
    keys.add(both[0], "shared", ["translate"], None, None)
    number = keys.listed(both[0])[0][0].id
    for database in both:
        keys.use(database, {(number, "2026-11"): 3})
    assert [used for _, used in keys.listed(both[1], "2026-11")] == [6]
    for database in both:
        database.close()


def test_what_was_used_counts_when_the_keys_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path}/used.sqlite")
    secret = keys.add(database, "anna", ["translate"], None, 6)

    def gone(_database: Database, _month: str) -> None:
        raise SQLAlchemyError("the database is gone")

    async def used() -> int:
        callers = Callers(database, are_wanted=True)
        await callers.refresh()
        caller = callers.admit(secret, "translate")
        with caller.spending(5):
            pass
        monkeypatch.setattr(keys, "listed", gone)
        await callers.refresh()
        return caller.used

    assert asyncio.run(used()) == 5
    database.close()


class _Calendar:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


def test_what_a_month_has_cost_is_given_back_to_that_month(tmp_path: Path) -> None:
    database, calendar = Database(f"sqlite:///{tmp_path}/months.sqlite"), _Calendar()
    secret = keys.add(database, "anna", ["translate"], None, 10)

    def written() -> list[int]:
        return [used for month in ("2026-11", "2026-12") for _, used in keys.listed(database, month)]

    async def use() -> list[object]:
        callers = Callers(database, are_wanted=True, clock=calendar)
        await callers.refresh()
        anna = callers.admit(secret, "translate")
        with contextlib.suppress(OSError), anna.spending(9):
            await callers.refresh()
            november, before = anna.used, written()
            calendar.now += timedelta(seconds=2)
            december = anna.used  # Nothing, whether or not the database has been asked since.
            with anna.spending(8):
                pass
            raise OSError("gone")
        await callers.refresh()
        return [november, before, december, anna.used, written()]

    assert asyncio.run(use()) == [9, [9, 0], 0, 8, [0, 8]]
    database.close()


def test_a_key_that_was_revoked_gets_no_secret_that_nobody_takes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/keys.sqlite")
    keys.add(database, "ida", ["translate"], None, None)
    keys.revoke(database, "ida")
    with pytest.raises(keys.KeyNameError, match="was revoked"):
        keys.rotate(database, "ida", timedelta(0))
    with pytest.raises(keys.KeyNameError, match="another name if it was revoked"):
        keys.add(database, "ida", ["translate"], None, None)
    database.close()


def test_the_command_line_makes_lists_rotates_and_revokes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cli.sqlite"
    environment = {"DRAGOMAN_DATABASE": url}

    def run(*words: str) -> bytes:
        done = dragoman("keys", *words, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    scopes = ("--scope", "suggest", "--scope", "operate")
    secret = json.loads(run("add", "anna", "--per-month", "7", *scopes, "--json"))["key"]
    assert json.loads(run("rotate", "anna", "--json"))["key"] != secret
    run("revoke", "anna")
    (listed,) = json.loads(run("list", "--json"))
    assert (listed["name"], listed["scopes"], listed["per_month"]) == (
        "anna",
        ["suggest", "operate"],
        7,
    )
    assert listed["revoked"]
    assert secret.encode() not in (tmp_path / "cli.sqlite").read_bytes()
    again = dragoman("keys", "add", "anna", environment=environment)
    assert (again.returncode, b"there is a key anna already" in again.stderr) == (3, True)


def test_a_database_that_cannot_be_used_is_said_without_its_password(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/none/gateway.sqlite",
        "nonsense",
        "postgresql://me:secret@127.0.0.1:1/none",
    ):
        with pytest.raises(DatabaseError) as raised:
            Database(url)
        assert "secret" not in str(raised.value)


def test_a_newer_databases_form_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/newer.sqlite"
    database = Database(url)
    with database.session() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseError, match="newer version"):
        Database(url)
