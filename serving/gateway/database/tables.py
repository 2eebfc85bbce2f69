"""The tables as they are now; how they came to be so is in `migrations`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, String, Text
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
