"""What an operator says: where the models are, what a request may ask for, who listens where."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from typing_extensions import Self

from contracts.sections import Section
from serving import client
from serving.client.settings import DEFAULT_ADDRESS, target
from serving.gateway.core.errors import GatewaySettingsError
from serving.gateway.core.unique_keys import UniqueKeys

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=1e8)]
"""Of three years at most: far beyond that, no clock and no date can say when it is over."""
Hours = Annotated[float, Field(gt=0, le=1e5)]
_NO_YAML = (OSError, yaml.YAMLError, ValueError, OverflowError, AttributeError, RecursionError)
"""What reading it ends in; of all but the first two, for values that PyYAML takes for what they are not."""


class ServedModel(Section):
    """A model that is named here instead of being found in the model root."""

    name: str = Field(min_length=1, description="as the model servers know it")
    source: str = Field(min_length=1, description="the language that it reads (BCP 47)")
    targets: tuple[str, ...] = Field(min_length=1, description="the languages that it writes")
    several: bool = Field(False, description="it is told which of `targets` is wanted")
    address: str | None = Field(None, description="its model servers, HOST:PORT; not given: `address`")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if len(self.targets) > 1 and not self.several:
            raise ValueError("a model of one direction has one of `targets`; of several, say `several: true`")
        if self.address is not None:
            target(self.address)
        return self


class GatewayTls(Section):
    """The gateway's certificate, for HTTP and gRPC; files in PEM."""

    certificate: Path = Field(description="with its chain; looked at again every `poll_seconds`")
    key: Path = Field(description="without a password; looked at with the certificate")
    client_ca: Path | None = Field(
        None, description="nobody is answered without a certificate of this authority (mutual TLS)"
    )


class ModelTls(Section):
    """TLS to the model servers; files in PEM, read again for each new connection."""

    ca: Path | None = Field(
        None, description="whose certificates they may show; not given: those that gRPC comes with"
    )
    certificate: Path | None = Field(
        None, description="the gateway's own, for those that ask for one (mutual TLS)"
    )
    key: Path | None = Field(None, description="of this certificate, without a password")
    name: str | None = Field(None, description="what theirs are for, if not the address's host")

    def of_client(self) -> client.Tls:
        """As a client takes it."""
        return client.Tls(self.ca, self.certificate, self.key, self.name)

    @model_validator(mode="after")
    def _both(self) -> Self:
        self.of_client()
        return self


class TraceSettings(Section):
    """Where spans go (OpenTelemetry); needs the extra `gateway-traces`."""

    endpoint: str = Field("http://127.0.0.1:4318/v1/traces", description="of a collector: OTLP over HTTP")
    share: float = Field(
        1.0, ge=0, le=1, description="of the requests whose caller does not say whether it traces them"
    )
    service: str = Field("dragoman-gateway", min_length=1, description="as `service.name` has it")


class Limits(Section):
    """What one request may have, and how many there may be at once."""

    texts: Count = Field(128, description="of a request")
    characters: Count = Field(50_000, description="of all texts of a request together")
    body_bytes: Count = Field(1 << 20, description="of a request")
    body_seconds: Seconds = Field(10.0, description="until all of a request has come, or a document's parts")
    deadline: Seconds = Field(30.0, description="seconds for an answer, waiting included")
    running: Count = Field(64, description="requests that are translated at once")
    waiting: int = Field(256, ge=0, description="requests that may wait for one of these to end")
    document_bytes: Count = Field(10 << 20, description="of a document")
    document_characters: Count = Field(1_000_000, description="of a document")
    document_seconds: Seconds = Field(600.0, description="for a document's translation, waiting included")
    document_running: Count = Field(2, description="documents that are translated at once")
    document_waiting: int = Field(20, ge=0, description="documents that may wait for that")
    document_hours: Hours = Field(1.0, description="for which a document's translation is kept")
    rows: Count = Field(32, description="sentences of one request to a model server")


class GatewaySettings(Section):
    """All of it."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(5000, ge=0, le=65535, description="HTTP; 0: any free one")
    grpc_port: int | None = Field(
        None, ge=0, le=65535, description="gRPC, as 5001; 0: any free one; not given: none"
    )
    address: str = Field(DEFAULT_ADDRESS, description="HOST:PORT of the model servers (gRPC)")
    label: str = Field("stable", description="the version that is asked for")
    model_root: Path | None = Field(
        Path("models"), description="where models.config and the model cards tell what is served"
    )
    models: tuple[ServedModel, ...] = Field((), description="what is served, instead of `model_root`")
    pivots: tuple[str, ...] = Field(
        (),
        description="languages over which is translated what no model does by itself: the first that "
        "leads there; not given: none",
    )
    replicas: tuple[str, ...] = Field(
        (),
        description="HOST:PORT of the model servers that follow `model_root`, or names that stand for "
        "several: all that a promotion or a rollback by operators waits for; not given: `address`",
    )
    poll_seconds: Seconds = Field(5.0, description="between two looks at `model_root`")
    interfaces: tuple[str, ...] = Field((), description="by name; not given: all that there are")
    limits: Limits = Limits()
    tls: GatewayTls | None = Field(None, description="not given: none, neither HTTP nor gRPC")
    model_tls: ModelTls | None = Field(None, description="not given: model servers are asked without TLS")
    breaker_failures: int = Field(
        5,
        ge=0,
        description="requests in a row that model servers leave unanswered, and then are not asked for "
        "a while; 0: they always are",
    )
    breaker_seconds: Seconds = Field(5.0, description="in which they are not asked")
    traces: TraceSettings | None = Field(None, description="not given: none; `{}`: with its defaults")
    cache_characters: int = Field(
        4_000_000, ge=0, description="of texts and answers that are kept; 0: none. Needs `model_root`"
    )
    suggestions: bool = Field(True, description="take better translations, and keep them for the operator")
    cors_origins: tuple[str, ...] = Field(
        (), description="of web pages elsewhere that may ask, as `https://example.org`; `*`: any"
    )
    page: bool = Field(
        True,
        description="show the web page at `/`, which asks by the interface `dragoman`, and the operators' at "
        "`/operators`, which asks by `operators`",
    )
    keys: bool = Field(False, description="answer nobody without a key (`dragoman keys`)")
    key_seconds: Seconds = Field(
        2.0, description="between two looks at the keys, in which what they have used is written, too"
    )
    database: str = Field(
        "sqlite:///dragoman-gateway.sqlite", description="SQLAlchemy's URL: SQLite or PostgreSQL"
    )
    drain_seconds: Seconds = Field(30.0, description="that running requests have to end after SIGTERM")

    @model_validator(mode="after")
    def _an_address(self) -> Self:
        for address in (self.address, *self.replicas):
            target(address)
        return self

    @property
    def tls_to_models(self) -> client.Tls | None:
        """As clients take it; None: without TLS."""
        return self.model_tls.of_client() if self.model_tls else None

    @classmethod
    def load(cls, path: Path | None, **options: Any) -> GatewaySettings:
        """The settings of a YAML file, or the defaults, with options of the command line in their places.

        Raises:
            GatewaySettingsError: the file cannot be read, or says what there is not.
        """
        values: Any = {}
        if path is not None:
            try:
                values = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys) or {}
            except _NO_YAML as error:
                raise GatewaySettingsError(f"cannot read {path}: {error}") from error
            if not isinstance(values, dict):
                raise GatewaySettingsError(f"{path} should hold keys and values, as `port: 5000`")
        given = {name: value for name, value in options.items() if value is not None}
        try:
            return cls.model_validate({**values, **given})
        except ValidationError as error:
            wrong = "; ".join(map(_in_words, error.errors()))
            raise GatewaySettingsError(f"{path or 'the settings'}: {wrong}") from error


def _in_words(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = [
            key
            for section in (GatewaySettings, Limits, ServedModel, GatewayTls, ModelTls, TraceSettings)
            for key in section.model_fields
        ]
        near = get_close_matches(str(error["loc"][-1]), known, 1)
        return f"there is no key `{place}`" + (f": did you mean `{near[0]}`?" if near else "")
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
