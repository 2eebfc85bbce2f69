"""`dragoman keys`: who may ask a gateway, for what, and how much."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from dragoman.console import err, out, print_json
from dragoman.gateway_extra import DATABASE, needs_gateway

if TYPE_CHECKING:
    from serving.gateway.database.database import Database


class Scope(enum.Enum):
    """What a key may be for."""

    translate = "translate"
    suggest = "suggest"
    operate = "operate"


_NAME = typer.Argument(metavar="NAME", help="For logs and for you; it is no secret.")
_JSON = typer.Option(False, "--json", help="Print one JSON document.")

app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke the keys of a gateway.")


def register(main: typer.Typer) -> None:
    """Add the commands."""
    main.add_typer(app, name="keys")


@contextmanager
def _database(url: str) -> Iterator[Database]:
    with needs_gateway():
        from serving.gateway.database.database import Database
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _show_secret(name: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "key": secret})
        return
    out.print(secret, markup=False)
    err.print("this is the only time that it is shown: the database has its hash alone")


@app.command("add", epilog="Example: dragoman keys add mastodon --per-minute 20000 --per-month 5000000")
def add(
    name: str = _NAME,
    scope: list[Scope] = typer.Option([Scope.translate], "--scope", help="Repeat it for more."),
    per_minute: int = typer.Option(None, min=1, help="Characters; any number, if not given."),
    per_month: int = typer.Option(None, min=1, help="Characters; any number, if not given."),
    database: str = DATABASE,
    as_json: bool = _JSON,
) -> None:
    """Make a key and print its secret."""
    with _database(database) as opened:
        from serving.gateway.database import keys

        secret = keys.add(opened, name, [allowed.value for allowed in scope], per_minute, per_month)
    _show_secret(name, secret, as_json=as_json)


@app.command("rotate", epilog="Example: dragoman keys rotate mastodon --grace-hours 24")
def rotate(
    name: str = _NAME,
    grace_hours: float = typer.Option(24.0, min=0, help="Hours for which the secret before still holds."),
    database: str = DATABASE,
    as_json: bool = _JSON,
) -> None:
    """Give a key a new secret and print it; no gateway has to be started again."""
    with _database(database) as opened:
        from serving.gateway.database import keys

        secret = keys.rotate(opened, name, timedelta(hours=grace_hours))
    _show_secret(name, secret, as_json=as_json)


@app.command("revoke", epilog="Example: dragoman keys revoke mastodon")
def revoke(name: str = _NAME, database: str = DATABASE) -> None:
    """Take a key back: gateways know within seconds."""
    with _database(database) as opened:
        from serving.gateway.database import keys

        keys.revoke(opened, name)
    out.print(f"{name} is revoked", markup=False)


@app.command("list", epilog="Example: dragoman keys list --json")
def list_(database: str = DATABASE, as_json: bool = _JSON) -> None:
    """Show all keys, and what each has used this month."""
    with _database(database) as opened:
        from serving.gateway.database import keys

        listed = keys.listed(opened)
    rows: list[dict[str, Any]] = [
        {
            "name": key.name,
            "scopes": key.scopes.split(","),
            "per_minute": key.per_minute,
            "per_month": key.per_month,
            "used": used,
            "created": key.created.isoformat(timespec="seconds"),
            "revoked": key.revoked and key.revoked.isoformat(timespec="seconds"),
        }
        for key, used in listed
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("name", "for", "a minute", "a month", "used", "revoked")
    for row in rows:
        limits = ["any" if row[limit] is None else str(row[limit]) for limit in ("per_minute", "per_month")]
        table.add_row(row["name"], ", ".join(row["scopes"]), *limits, str(row["used"]), row["revoked"] or "")
    out.print(table)
