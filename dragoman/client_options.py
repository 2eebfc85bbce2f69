"""The options that commands which ask a server share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from serving.client import Tls

ADDRESS = typer.Option("127.0.0.1:8500", envvar="DRAGOMAN_ADDRESS", help="HOST:PORT of the model server.")
MODEL = typer.Option(None, envvar="DRAGOMAN_MODEL", help="The only one of the model root, if not given.")
ROOT = typer.Option(Path("models"), envvar="DRAGOMAN_MODEL_ROOT", help="Where to look for the model's name.")
LABEL = typer.Option("stable", help="The version with this label.")
VERSION = typer.Option(None, min=0, max=2**63 - 1, help="This version, whatever its label.")
TO = typer.Option(
    None, "--to", metavar="LANGUAGE", help="Into which one, as de, of a model of several directions."
)
WAIT = typer.Option(
    1.0, min=0.01, help="Seconds that a server may take to appear; later, the deadline counts."
)
DEADLINE = typer.Option(30.0, min=0.01, help="Seconds for one request with its retries.")

TLS = typer.Option(
    False, "--tls", envvar="DRAGOMAN_TLS", help="Ask over TLS; --tls-ca and --tls-certificate imply it."
)
TLS_CA = typer.Option(
    None,
    "--tls-ca",
    metavar="FILE",
    envvar="DRAGOMAN_TLS_CA",
    help="Whose certificates the server may show, in PEM; those that gRPC comes with, if not given.",
)
TLS_CERTIFICATE = typer.Option(
    None,
    "--tls-certificate",
    metavar="FILE",
    envvar="DRAGOMAN_TLS_CERTIFICATE",
    help="Ours, for a server that asks for one.",
)
TLS_KEY = typer.Option(
    None, "--tls-key", metavar="FILE", envvar="DRAGOMAN_TLS_KEY", help="Of --tls-certificate."
)
TLS_NAME = typer.Option(
    None,
    "--tls-name",
    metavar="HOST",
    envvar="DRAGOMAN_TLS_NAME",
    help="What the server's certificate is for, if not its address.",
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


def tls_of(
    tls: bool, ca: Path | None, certificate: Path | None, key: Path | None, name: str | None
) -> Tls | None:
    """How the server is asked; None: without TLS.

    Raises:
        ValueError: a certificate without its key, or a key without its certificate.
        TlsError: a file cannot be used.
    """
    from serving.client import Tls

    if not (tls or ca or certificate or key or name):
        return None
    made = Tls(ca, certificate, key, name)
    made.credentials()
    return made


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
