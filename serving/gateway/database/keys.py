"""Keys: made, given a new secret, taken back; and what each has used."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts.errors import ConfigurationError
from serving.gateway.database.database import Database
from serving.gateway.database.tables import Key, Usage

OPERATE = "operate"
SCOPES = ("translate", "suggest", OPERATE)
"""What a key may be for."""
ALWAYS_WANTED = frozenset({OPERATE})
"""A key is needed for these where nobody else needs one, too: whoever reaches the gateway, a proxy's every
client and any page in the operator's browser among them, could else move versions."""
_PREFIX = "dgm_"
"""So that a secret is known for one where it should not be, as in a repository."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")

KeyMonth = tuple[int, str]
"""A key's number, and a month."""


class KeyNameError(ConfigurationError):
    """There is no key of this name, or there is one already, or it can be none."""


def hash_of(secret: str) -> str:
    """As the table has it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def month_of(moment: datetime) -> str:
    """As `2026-11`."""
    return moment.strftime("%Y-%m")


def add(
    database: Database, name: str, scopes: Sequence[str], per_minute: int | None, per_month: int | None
) -> str:
    """Make a key; its secret, which is nowhere else.

    Raises:
        KeyNameError: the name is taken, or is none.
    """
    if not _NAME.fullmatch(name):
        raise KeyNameError(f"{name!r} is no name for a key: letters, digits, `.`, `-` and `_`, 64 at most")
    secret = _PREFIX + secrets.token_urlsafe(32)
    key = Key(
        name=name,
        hash=hash_of(secret),
        scopes=",".join(scopes),
        per_minute=per_minute,
        per_month=per_month,
        created=datetime.now(timezone.utc),
    )
    try:
        with database.session() as session:
            session.add(key)
    except IntegrityError as error:
        raise KeyNameError(
            f"there is a key {name} already: rotate it, or take another name if it was revoked"
        ) from error
    return secret


def rotate(database: Database, name: str, grace: timedelta) -> str:
    """Give a key a new secret, which is returned; the one before holds for `grace` from now on.

    Raises:
        KeyNameError: there is none, or it was revoked: no secret of it is taken any more.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    with database.session() as session:
        key = _named(session, name)
        if key.revoked is not None:
            raise KeyNameError(f"the key {name} was revoked: make one of another name, `dragoman keys add`")
        key.old_hash, key.old_until = key.hash, datetime.now(timezone.utc) + grace
        key.hash = hash_of(secret)
    return secret


def revoke(database: Database, name: str) -> None:
    """Take a key back, with both of its secrets.

    Raises:
        KeyNameError: there is none.
    """
    with database.session() as session:
        _named(session, name).revoked = datetime.now(timezone.utc)


def listed(database: Database, month: str | None = None) -> list[tuple[Key, int]]:
    """All keys by name, each with the characters of a month; None: of this one."""
    of_month = Usage.month == (month or month_of(datetime.now(timezone.utc)))
    with database.reading() as session:
        used = dict(session.execute(select(Usage.key_id, Usage.characters).where(of_month)).tuples().all())
        return [(key, used.get(key.id, 0)) for key in session.scalars(select(Key).order_by(Key.name))]


def use(database: Database, characters: Mapping[KeyMonth, int]) -> None:
    """Add to what keys have used in a month; gateways that share the database add up."""
    with database.session() as session:
        # In one order: two gateways must not wait in a ring.
        for (number, month), count in sorted(characters.items()):
            here = (Usage.key_id == number, Usage.month == month)
            more = update(Usage).where(*here).values(characters=Usage.characters + count)
            if not session.execute(more).rowcount:  # type: ignore[attr-defined]
                _first_use(session, number, month, count)


def _first_use(session: Session, number: int, month: str, count: int) -> None:
    """Another gateway may have been the first in between."""
    try:
        with session.begin_nested():
            session.add(Usage(key_id=number, month=month, characters=count))
    except IntegrityError:
        here = (Usage.key_id == number, Usage.month == month)
        session.execute(update(Usage).where(*here).values(characters=Usage.characters + count))


def _named(session: Session, name: str) -> Key:
    key = session.scalars(select(Key).where(Key.name == name)).one_or_none()
    if key is None:
        raise KeyNameError(f"there is no key {name}: `dragoman keys list` shows those that there are")
    return key
