"""The options that commands which ask a server share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from serving.client import Client, Tls


@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """How a server is asked over TLS."""

    tls: Annotated[
        bool,
        typer.Option(
            "--tls", envvar="DRAGOMAN_TLS", help="Ask over TLS; --tls-ca and --tls-certificate imply it."
        ),
    ] = False
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            "--tls-ca",
            metavar="FILE",
            envvar="DRAGOMAN_TLS_CA",
            help="Whose certificates the server may show, in PEM; those that gRPC comes with, if not given.",
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None,
        typer.Option(
            "--tls-certificate",
            metavar="FILE",
            envvar="DRAGOMAN_TLS_CERTIFICATE",
            help="Ours, for a server that asks for one.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="FILE", envvar="DRAGOMAN_TLS_KEY", help="Of --tls-certificate."),
    ] = None
    tls_name: Annotated[
        str | None,
        typer.Option(
            "--tls-name",
            metavar="HOST",
            envvar="DRAGOMAN_TLS_NAME",
            help="What the server's certificate is for, if not its address.",
        ),
    ] = None

    def settings(self) -> Tls | None:
        """What the client is told; None: without TLS.

        Raises:
            typer.BadParameter: a certificate without its key, or a key without its certificate.
            TlsError: a file cannot be used.
        """
        from serving.client import Tls

        if not (self.tls or self.tls_ca or self.tls_certificate or self.tls_key or self.tls_name):
            return None
        with bad_parameter():
            tls = Tls(self.tls_ca, self.tls_certificate, self.tls_key, self.tls_name)
        tls.credentials()
        return tls


@dataclass(frozen=True, kw_only=True)
class ClientOptions:
    """Which version of which model is asked, where, and for how long."""

    address: Annotated[
        str, typer.Option(envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model server.")
    ] = "127.0.0.1:8500"
    model: Annotated[
        str | None,
        typer.Option(envvar="DRAGOMAN_MODEL", help="The only one of the model root, if not given."),
    ] = None
    model_root: Annotated[
        Path, typer.Option(envvar="DRAGOMAN_MODEL_ROOT", help="Where to look for the model's name.")
    ] = Path("models")
    label: Annotated[str, typer.Option(help="The version with this label.")] = "stable"
    version: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="This version, whatever its label.")
    ] = None
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="LANGUAGE", help="Into which one, as de, of a model of several directions."
        ),
    ] = None
    wait: Annotated[
        float,
        typer.Option(min=0.01, help="Seconds that a server may take to appear; later, the deadline counts."),
    ] = 1.0
    deadline: Annotated[float, typer.Option(min=0.01, help="Seconds for one request with its retries.")] = (
        30.0
    )
    tls: TlsOptions = field(default_factory=TlsOptions)

    @cached_property
    def name(self) -> str:
        """The model's; the model root is read once.

        Raises:
            typer.BadParameter: it is not given, and the model root has another number of them than one.
        """
        return self.model or only_model(self.model_root)

    def client(self, **settings: Any) -> Client:
        """A client of the server, with further settings of its own.

        Raises:
            typer.BadParameter: a value that means nothing to the client.
            TlsError: a file cannot be used.
        """
        from serving.client import Client

        with bad_parameter():
            return Client(
                self.address,
                model=self.name,
                label=self.label,
                version=self.version,
                to=self.to,
                wait=self.wait,
                deadline=self.deadline,
                tls=self.tls.settings(),
                **settings,
            )


@contextmanager
def bad_parameter() -> Iterator[None]:
    """A value that means nothing to the client is a mistake of the command line.

    Raises:
        typer.BadParameter: for a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def only_model(model_root: Path) -> str:
    """The name of the only model that is configured, or, without a configuration, on disk.

    Raises:
        typer.BadParameter: there is another number of them.
    """
    from serving.model_config import read, trial_name
    from serving.versions import models

    config = read(model_root)
    names = [model.name for model in config.model_config_list.config] if config else list(models(model_root))
    trials = {trial_name(name) for name in names}
    names = [name for name in names if name not in trials]
    if len(names) != 1:
        there = f"holds {', '.join(names)}" if names else "holds no model"
        raise typer.BadParameter(f"give --model, or another --model-root: {model_root.absolute()} {there}")
    return names[0]
