"""The tables as they are now; how they came to be so is in `migrations`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Base of all."""


class Suggestion(Table):
    """A better translation that a user has sent."""

    __tablename__ = "suggestions"

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """UTC."""
    source_language: Mapped[str] = mapped_column(String(35))
    target_language: Mapped[str] = mapped_column(String(35))
    """As cards write them."""
    source: Mapped[str] = mapped_column(Text)
    suggestion: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(64))
    """The name of the key that it came with; empty: with none."""


class Key(Table):
    """Who may ask, for what, and how much."""

    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    """For logs and the operator; it is no secret."""
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret, in hexadecimal digits: of one among 2^256 no slow hash is needed."""
    old_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the secret before, which holds until `old_until`."""
    old_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    scopes: Mapped[str] = mapped_column(String(200))
    """Joined by commas."""
    per_minute: Mapped[int | None] = mapped_column(BigInteger)
    per_month: Mapped[int | None] = mapped_column(BigInteger)
    """Characters; None: any number."""
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Usage(Table):
    """Characters that a key has had in a month, `2026-11`, in UTC."""

    __tablename__ = "usage"

    key_id: Mapped[int] = mapped_column(ForeignKey("keys.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    characters: Mapped[int] = mapped_column(BigInteger)


class StoredDocument(Table):
    """A document that is translated, or was; what was sent is not kept, its result until `until`."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what its sender has to show for it."""
    name: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    """`queued`, `translating`, `done` or `error`."""
    characters: Mapped[int] = mapped_column(BigInteger)
    error: Mapped[str] = mapped_column(Text)
    result: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When it is deleted; of one that is not finished, when whoever translates it is given up."""
    pivots: Mapped[str] = mapped_column(Text, server_default="")
    """The third languages over which texts of it went, joined by commas."""
