"""Sections of a run's configuration that a scheduled run reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from contracts.sections import Section


class SpanConfig(Section):
    """Incremental runs: files with `{SPAN}` (or `{YYYY}`, `{MM}`, `{DD}`) are read by span, each once."""

    window: int = Field(1, ge=1, description="newest spans that are trained on together")
    missed: Literal["together", "each"] = Field(
        "together",
        description="several new spans: one run whose window is widened to hold them all, or a run for each, "
        "compared with the version before it",
    )
    weights: Literal["anew", "served"] = Field(
        "anew",
        description="training starts from fresh weights, or from those (and the vocabulary) of the version "
        "that the candidate is compared with",
    )


class LeaseConfig(Section):
    """One run at a time in a workspace, also across clusters that share its volume."""

    expiry_seconds: float = Field(
        60.0, gt=0, le=86_400, description="a holder that shows no life for so long is passed over"
    )


class MetadataConfig(Section):
    """Where ML Metadata lies."""

    store: Literal["sqlite", "postgresql"] = Field("sqlite", description="`sqlite`: a file in the workspace")
    host: str | None = Field(None, description="of PostgreSQL; so are all keys below")
    port: int = Field(5432, ge=1, le=65_535)
    database: str | None = Field(None, description="made when it is not there, if the user may")
    user: str | None = None
    password_env: str | None = Field(None, description="the environment variable that holds the password")
    password_file: Path | None = Field(None, description="the file that holds the password")

    @model_validator(mode="after")
    def _complete(self) -> MetadataConfig:
        fields = {name: field for name, field in type(self).model_fields.items() if name != "store"}
        given = [name for name, field in fields.items() if getattr(self, name) != field.default]
        if self.store == "sqlite" and given:
            raise ValueError(f"`{given[0]}` is for `store: postgresql`")
        missing = [name for name in ("host", "database", "user") if getattr(self, name) is None]
        if self.store == "postgresql" and missing:
            raise ValueError(f"PostgreSQL needs `{missing[0]}`")
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("give `password_env` or `password_file`, not both")
        return self


class RetentionConfig(Section):
    """What is kept after a run that pushed, and by `dragoman prune`; None keeps all."""

    versions: int | None = Field(
        None, ge=1, description="newest versions; those labelled, loaded or gone back to stay beside them"
    )
    runs: int | None = Field(None, ge=1, description="newest runs whose artifacts stay in the workspace")


Event = Literal["pushed", "unchanged", "refused", "failed"]


class NotifyConfig(Section):
    """A webhook that JSON is posted to when a run ends; one that does not answer never fails the run."""

    url: str | None = Field(None, pattern=r"^https?://[^\s/]+")
    url_env: str | None = Field(
        None, description="the environment variable that holds the URL, if it is secret"
    )
    token_env: str | None = Field(None, description="the environment variable that holds a bearer token")
    on: tuple[Event, ...] = ("pushed", "unchanged", "refused", "failed")
    timeout_seconds: float = Field(10.0, gt=0, description="of each attempt")
    attempts: int = Field(4, ge=1)

    @model_validator(mode="after")
    def _one_url(self) -> NotifyConfig:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either `url` or `url_env`")
        return self
